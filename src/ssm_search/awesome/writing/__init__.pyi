from . import edits as edits
from . import filling as filling
from .insertion import Insertion as Insertion
from .insertion import insert_paper as insert_paper
