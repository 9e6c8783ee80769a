"""The list and the index that come with the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ssm_search.abstracts import default_cache, load_abstracts
from ssm_search.encoding import Encoder
from ssm_search.search.local import PaperSearch

NAME = "awesome-mamba"
PACKAGE = Path(__file__).parents[1]


def shipped_folder() -> Path:
    """The prebuilt index: inside the installed package, or in ``index/`` of a checkout."""
    installed = PACKAGE / "shipped" / NAME
    return installed if installed.is_dir() else PACKAGE.parents[1] / "index" / NAME


def shipped_list() -> Path:
    """The list that the prebuilt index was built from."""
    return shipped_folder().with_suffix(".md")


def open_index(folder: str | Path | None = None, encoder: Encoder | None = None) -> PaperSearch:
    """An index, by default the shipped one, with the abstracts that this user has fetched.

    Raises:
        IndexFolderError: there is none, or it is damaged.
    """
    folder = folder or shipped_folder()
    return PaperSearch.load(folder, encoder, abstracts=load_abstracts(default_cache()))


@cache
def shipped_search() -> PaperSearch:
    """The prebuilt index, loaded once."""
    return open_index()
