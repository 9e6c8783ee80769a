"""The index that comes with the package, and any other."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ssm_search.abstracts import default_cache, load_abstracts
from ssm_search.encoding import Encoder
from ssm_search.search.local import PaperSearch
from ssm_search.search.several import ListsSearch
from ssm_search.shipped import shipped_folder


def open_index(folder: str | Path | None = None, encoder: Encoder | None = None) -> PaperSearch:
    """An index, by default the shipped one, with the abstracts that this user has fetched.

    Raises:
        IndexFolderError: there is none, or it is damaged.
    """
    folder = folder or shipped_folder()
    return PaperSearch.load(folder, encoder, abstracts=load_abstracts(default_cache()))


def open_indexes(folders: Iterable[str | Path]) -> ListsSearch:
    """The indexes of several lists, to be searched as one.

    Each list is called by its title, or else by the name of its folder.

    Raises:
        QueryError: no folder is named.
        IndexFolderError: in one there is no index, it is damaged, or it is that of a large corpus.
    """
    return ListsSearch.named(
        (search.manifest.title or Path(folder).name, folder, search)
        for folder, search in ((one, open_index(one)) for one in dict.fromkeys(folders))
    )


@cache
def shipped_search() -> PaperSearch:
    """The prebuilt index, loaded once."""
    return open_index()
