from .asking import Search as Search
from .duplicates import NEAR_TITLE as NEAR_TITLE
from .duplicates import title_likeness as title_likeness
from .hits import Hits as Hits
from .local import PaperSearch as PaperSearch
from .shipped import open_index as open_index
from .shipped import shipped_search as shipped_search
