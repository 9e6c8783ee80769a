"""Holds the lock of a store, in a process that loads little beside."""

from __future__ import annotations

from typing import Any

from ssm_search.errors import StoreError
from ssm_search.stores.writing import lock


def hold(uri: str, options: dict[str, str], together: Any, answers: Any) -> None:
    """Try to hold it when another does, until that has tried: "held", or why not."""
    together.wait()
    try:
        with lock.writing(uri, options or None):
            answers.put("held")
            together.wait()
    except StoreError as error:
        answers.put(str(error))
        together.wait()
