from .entry import main as main
from .questions import app as app
