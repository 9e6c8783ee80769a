from .generations import update_store as update_store
from .generations import write_store as write_store
from .lock import break_lock as break_lock
from .lock import check_writable as check_writable
