"""Semantic search and recommendation over a curated "Awesome" paper list.

>>> import ssm_search
>>> print(ssm_search.query("mamba for video"))  # doctest: +SKIP
"""

import lazy_loader

from ssm_search.quiet import keep_quiet

keep_quiet()  # before anything that would report is imported

# What is public, and where it lives, is said once, in __init__.pyi; each name is loaded when it is
# first used, so that importing the package costs nothing before a question is asked.
_load, _names, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __dir__() -> list[str]:
    return [*_names(), "__version__"]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("ssm-search")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _load(name)
