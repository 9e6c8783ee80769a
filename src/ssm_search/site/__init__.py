"""A list → a folder of plain files that is searched in a browser, without a server."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
