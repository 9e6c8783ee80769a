"""What is loaded of an encoder, once for all in a process that have the same one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, MutableMapping
from typing import Any, TypeVar
from weakref import WeakValueDictionary

LOADED: MutableMapping[Hashable, Any] = WeakValueDictionary()
"""As long as anybody has it. A build encodes by the encoder that comes along, then answers by the
copy in its index: of 27 ms to look whether that is whole and 140 to load it, the first are left."""

T = TypeVar("T")


def shared(key: Hashable, load: Callable[[], T]) -> T:
    """What is known by ``key``, which says all that ``load`` depends on; loaded if it is not there.

    Two who ask at once may each have their own.
    """
    found: T | None = LOADED.get(key)
    if found is None:
        found = LOADED[key] = load()
    return found
