from .access import is_store as is_store
from .search import StoreSearch as StoreSearch
