from .cache import FetchReport as FetchReport
from .cache import append_abstracts as append_abstracts
from .cache import default_cache as default_cache
from .cache import fetch_abstracts as fetch_abstracts
from .cache import load_abstracts as load_abstracts
from .cache import load_files as load_files
from .cache import search_arxiv as search_arxiv
from .cache import with_abstracts as with_abstracts
