from .questions import app as app
from .questions import main as main
