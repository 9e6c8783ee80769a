"""The index that comes with the package, and any other."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ssm_search.abstracts import default_cache, load_abstracts
from ssm_search.encoding import Encoder
from ssm_search.search.local import PaperSearch
from ssm_search.shipped import shipped_folder


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
