from .dumps import gather_index as gather_index
from .dumps import name_of as name_of
from .dumps import passing_index as passing_index
from .lists import build_index as build_index
from .reading import no_entry as no_entry
from .reading import read_whole as read_whole
from .sources import read_source as read_source
