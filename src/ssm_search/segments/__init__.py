"""Rows of a large corpus in files, written once, joined, and searched as if they were one."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
