"""Which papers a question is about: filters on what is known of them, in memory or in SQL."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
