"""What belongs on a list and is not there yet, and what was decided of it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
