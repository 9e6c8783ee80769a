"""Everything this package raises on purpose.

::

    SsmSearchError
    ├── ListError           a list could not be read (missing, too large, not text)
    │   └── NoListError     it is no list: no entry, or no Markdown
    ├── SubmissionError     what was submitted is too long, names too many, or says too little
    │   └── NoPaperError    it names none
    ├── CorpusError         papers cannot be read from a file (missing, damaged, of no known format)
    ├── DiscoverError       a list and a corpus cannot be compared
    ├── FetchError          a server could not be reached or gave up on us
    ├── EncoderError        a model is missing, damaged, or gave vectors of the wrong shape
    ├── EngineError         a cluster cannot be reached, or did not do what it was given
    ├── IndexFolderError    a saved index is missing, damaged, or built by another encoder
    ├── StoreError          a corpus in a database is damaged, out of reach, or being written
    ├── IncompleteError     ``--strict`` was asked for and some abstracts are missing
    ├── MapError            a map cannot be written as asked
    ├── ServeError          the page cannot be served as asked
    ├── SiteError           a site cannot be written where it was asked for
    └── QueryError          a question that cannot be answered as asked
        ├── FilterError     a filter names something the index does not have
        └── PaperNotFoundError  an id or link that is not in the index

Every message says what was found, what was expected and what to do about it.
"""


class SsmSearchError(Exception):
    """Base of all errors raised on purpose; catch this one to catch them all."""


class ListError(SsmSearchError):
    """A list could not be read."""


class NoListError(ListError):
    """What was given as a list is none: it has no entry, or is no Markdown."""


class SubmissionError(SsmSearchError):
    """What was submitted cannot be read as papers."""


class NoPaperError(SubmissionError):
    """What was submitted names no paper."""


class CorpusError(SsmSearchError):
    """Papers cannot be read from where they should be, or not as asked."""


class DiscoverError(SsmSearchError):
    """A list and a corpus cannot be compared, or what was rejected cannot be read."""


class FetchError(SsmSearchError):
    """A server could not be reached, or kept refusing.

    Attributes:
        url: what was asked for.
        tries: how many times it was asked.
        status: the last HTTP status, or None if there was no answer at all.
        reason: in a few words what came instead of an answer: "403", "no connection"; "" if that is
            told by the message alone.
    """

    def __init__(
        self,
        message: str,
        *,
        url: str,
        tries: int = 1,
        status: int | None = None,
        reason: str = "",
    ):
        super().__init__(message)
        self.url = url
        self.tries = tries
        self.status = status
        self.reason = reason


class EncoderError(SsmSearchError):
    """A model is missing, damaged, or produced vectors of the wrong shape."""


class EngineError(SsmSearchError):
    """A cluster cannot be reached, or did not do what it was given."""


class IndexFolderError(SsmSearchError):
    """A saved index is missing, damaged, or does not fit the encoder at hand."""


class StoreError(SsmSearchError):
    """A corpus in a database is missing, damaged, out of reach, or in work by another."""


class IncompleteError(SsmSearchError):
    """Strictness was asked for and some abstracts are missing."""


class MapError(SsmSearchError):
    """A map cannot be written as asked."""


class ServeError(SsmSearchError):
    """The page cannot be served as asked."""


class SiteError(SsmSearchError):
    """A site cannot be written where it was asked for."""


class QueryError(SsmSearchError):
    """A question that cannot be answered as asked."""


class FilterError(QueryError):
    """A filter names something the index does not have."""


class PaperNotFoundError(QueryError):
    """An id or link that is not in the index."""
