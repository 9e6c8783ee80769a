"""What an encoder makes of papers, their words as bytes, and how those of a question meet them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
