from . import card_table as card_table
from . import cards as cards
from . import submissions as submissions
from .cards import Card as Card
from .cards import Triage as Triage
from .intake import Submission as Submission
from .intake import completed as completed
from .proposals import NewHeading as NewHeading
