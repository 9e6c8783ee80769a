"""Rows as they are now, with what is worth remembering as long as they stay so."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache

from ssm_search.encoding import EncodedQuery, Encoder
from ssm_search.index import Rows
from ssm_search.search.lookup import Lookup
from ssm_search.search.parsing import Vocabulary, parse_query
from ssm_search.search.placing import Placing
from ssm_search.search.question import as_document, understand
from ssm_search.search.reasons import Reasons

REMEMBERED = 256
"""Queries: encoding one takes 2 ms, all else 0.4; filters and pages ask the same one again."""
SEEDS_REMEMBERED = 16
"""Texts of papers: to file one asks for its headings, its duplicates and what is related."""


class State:
    """Rows as they are now, with what is worth remembering as long as they stay so."""

    def __init__(
        self,
        rows: Rows,
        encoder: Callable[[], Encoder],
        encoded: Callable[[str], EncodedQuery],
    ):
        self.rows = rows
        self.lookup = Lookup(rows)
        known = Vocabulary(rows)
        self.parsed = lru_cache(REMEMBERED)(lambda text: parse_query(text, known))
        self.reasons = Reasons(rows)
        self.understood = lru_cache(REMEMBERED)(lambda text: understand(text, rows, encoded))
        self.described = lru_cache(SEEDS_REMEMBERED)(
            lambda title, text: as_document(title, text, rows, encoder())
        )

    @cached_property
    def placing(self) -> Placing:
        """What the list says about other papers; a large corpus has none.

        Raises:
            IndexFolderError: the rows are of a large corpus.
        """
        return Placing(self.rows.as_list(), self.reasons)
