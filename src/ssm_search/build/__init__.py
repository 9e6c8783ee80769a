"""A list → a saved index; dumps → a saved index: each pipeline on one screen."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
