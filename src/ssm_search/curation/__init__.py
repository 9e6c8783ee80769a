"""What a maintainer does: file submissions, examine the list, discover what is missing."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
