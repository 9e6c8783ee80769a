"""What a saved index says about itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ssm_search.errors import IndexFolderError
from ssm_search.files import write_atomically
from ssm_search.papers import Category
from ssm_search.ranking import Background, Calibration

FORMAT_VERSION = 5
MANIFEST_FILE = "manifest.json"
NOT_CALIBRATED = Calibration()
NOT_MEASURED = Background()


@dataclass(frozen=True, slots=True)
class NamedSegment:
    """A segment of a large corpus, as its manifest names it.

    Attributes:
        folder: its name.
        gone: the file that says which of its rows are gone; "" if none.
        kind: FAISS's name of the index of its vectors; "Flat" where all are compared.
    """

    folder: str
    gone: str = ""
    kind: str = "Flat"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a saved index says about itself.

    Attributes:
        words: how many vectors of words there are.
        list_name: the list it was built from; "" if it was built from papers directly.
        title: what people call that list; "" in an index of an earlier program.
        without_abstract: ids of the papers that were indexed by their title alone.
        headings: all that a paper may be filed under, empty ones too.
        calibration: how far suggested headings can be trusted.
        background: what confidence in an answer is measured by.
        segments: those of a large corpus; a list has none.
        vectors: FAISS's name of the kind of index that was asked for; "" for one by size.
    """

    encoder_name: str
    encoder_fingerprint: str
    dimension: int
    papers: int
    words: int
    without_abstract: tuple[str, ...]
    list_name: str = ""
    list_sha256: str = ""
    headings: tuple[Category, ...] = ()
    calibration: Calibration = NOT_CALIBRATED
    background: Background = NOT_MEASURED
    built: str = ""
    segments: tuple[NamedSegment, ...] = ()
    vectors: str = ""
    title: str = ""
    format: int = FORMAT_VERSION

    @property
    def is_list(self) -> bool:
        """Whether the index is that of a list, in memory, and not of a large corpus."""
        return not self.segments

    @property
    def kind(self) -> str:
        """FAISS's name of the index of the vectors, or all names there are, such as "Flat"."""
        return ", ".join(dict.fromkeys(segment.kind for segment in self.segments)) or "Flat"

    def not_of_a_list(self) -> IndexFolderError:
        """The error to raise where a large corpus is asked for what only a list has."""
        return IndexFolderError(
            f"this is the index of a large corpus ({self.papers:,} papers without "
            "headings); filing, duplicates and maps need that of a list"
        )

    def stamped(self, list_name: str = "", list_sha256: str = "", title: str = "") -> Manifest:
        """This manifest with the present time and, if one is named, the list that it is for."""
        return replace(
            self,
            list_name=list_name or self.list_name,
            list_sha256=list_sha256 or self.list_sha256,
            title=title or self.title,
            built=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def write(self, folder: Path) -> None:
        """Put it into the folder of the index, in the place of one that may be there."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"
        write_atomically(folder / MANIFEST_FILE, text.encode())

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of the index in ``folder``.

        Raises:
            IndexFolderError: there is none, it is damaged, or of another format.
        """
        path = folder / MANIFEST_FILE
        try:
            record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if record.get("format") != FORMAT_VERSION:
                raise IndexFolderError(
                    f"the index in {folder} has format {record.get('format')}, this program reads "
                    f"format {FORMAT_VERSION}; build it again with `ssm-search build`"
                )
            record["without_abstract"] = tuple(record["without_abstract"])
            record["segments"] = tuple(NamedSegment(**one) for one in record.get("segments", ()))
            record["headings"] = tuple(tuple(path) for path in record["headings"])
            fitted = record["calibration"]
            record["calibration"] = Calibration(
                fitted["temperature"],
                *(tuple(fitted[name]) for name in ("doubt", "nearness")),
            )
            record["background"] = Background(**record["background"])
            return cls(**record)
        except FileNotFoundError as error:
            raise IndexFolderError(
                f"no index in {folder}; make one with `ssm-search build LIST --index {folder}`"
            ) from error
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise IndexFolderError(
                f"the manifest in {folder} cannot be read ({type(error).__name__}: {error}); "
                "build the index again"
            ) from error
