"""Semantic search and recommendation over a curated "Awesome" paper list.

>>> import ssm_search
>>> print(ssm_search.query("mamba for video"))  # doctest: +SKIP
"""

import lazy_loader

from ssm_search.quiet import keep_quiet

keep_quiet()  # before anything that would report is imported

# What is public, and where it lives, is said once, in __init__.pyi; each name is loaded when it is
# first used, so that importing the package costs nothing before a question is asked.
_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("ssm-search")
    return _load(name)
