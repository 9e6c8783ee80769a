"""What a saved index says about itself."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ssm_search.arrays import UNREADABLE
from ssm_search.errors import IndexFolderError
from ssm_search.files import read_text, write_atomically
from ssm_search.papers import Category
from ssm_search.ranking import confidence, filing
from ssm_search.segments import FORMAT_VERSION

MANIFEST_FILE = "manifest.json"
SEGMENT_NAME = re.compile(r"(?:segment|part)-([0-9]{4,9})")
"""Of the folder of a segment, once called part, with its number."""
GONE_NAME = re.compile(r"gone-([0-9]{4,9})-[0-9]{4,9}\.npy")
NOT_CALIBRATED = filing.Calibration()
NOT_MEASURED = confidence.Background()


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
        checksums: the SHA-256 of each file, by its name; not of the abstracts, which come and go.
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
    calibration: filing.Calibration = NOT_CALIBRATED
    background: confidence.Background = NOT_MEASURED
    built: str = ""
    segments: tuple[NamedSegment, ...] = ()
    vectors: str = ""
    title: str = ""
    checksums: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT_VERSION

    @property
    def is_list(self) -> bool:
        """Whether the index is that of a list, in memory, and not of a large corpus."""
        return not self.segments

    @property
    def kind(self) -> str:
        """FAISS's name of the index of the vectors, or all names there are, such as "Flat"."""
        return ", ".join(dict.fromkeys(segment.kind for segment in self.segments)) or "Flat"

    @classmethod
    def of_table(cls, name: str, about: Mapping[str, Any]) -> Manifest:
        """That of a corpus in a table, with what is said ``about`` it, as JSON types."""
        said = dict(about)
        table = NamedSegment(name, kind=said.pop("kind"))
        said["background"] = confidence.Background(**said["background"])
        return cls(**said, without_abstract=(), segments=(table,))

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
            record: dict[str, Any] = json.loads(read_text(path))
            if record.get("format") != FORMAT_VERSION:
                raise IndexFolderError(
                    f"the index in {folder} has format {record.get('format')}, this program reads "
                    f"format {FORMAT_VERSION}; build it again with `ssm-search build`"
                )
            record["without_abstract"] = tuple(record["without_abstract"])
            record["segments"] = tuple(NamedSegment(**one) for one in record.get("segments", ()))
            record["headings"] = tuple(tuple(path) for path in record["headings"])
            fitted = record["calibration"]
            record["calibration"] = filing.Calibration(
                fitted["temperature"],
                *(tuple(fitted[name]) for name in ("doubt", "nearness")),
            )
            record["background"] = confidence.Background(**record["background"])
            manifest = cls(**record)
            _check(manifest)
            return manifest
        except FileNotFoundError as error:
            raise IndexFolderError(
                f"no index in {folder}; make one with `ssm-search build LIST --index "
                f"{shlex.quote(str(folder))}`"
            ) from error
        except UNREADABLE as error:
            raise IndexFolderError(
                f"the manifest in {folder} cannot be read ({type(error).__name__}: {error}); "
                "build the index again"
            ) from error


def _check(manifest: Manifest) -> None:
    """Make sure that all of ``manifest`` is what it should be, whoever wrote it.

    Raises:
        ValueError, TypeError: something is not.
    """
    for one in fields(Manifest):
        value = getattr(manifest, one.name)
        if one.type == "str" and not isinstance(value, str):
            raise TypeError(f"{one.name} is {type(value).__name__}, expected a text")
        if one.type == "int" and (type(value) is not int or value < 0):
            raise ValueError(f"{one.name} is {str(value)[:20]}, expected a count")
    named = (*manifest.without_abstract, *(name for path in manifest.headings for name in path))
    sums = manifest.checksums
    if not all(isinstance(one, str) for one in (*named, *sums.keys(), *sums.values())):
        raise TypeError("ids, headings or checksums that are no texts")
    if not all(manifest.headings) or len({*manifest.headings}) < len(manifest.headings):
        raise ValueError("a heading without a name, or one that comes twice")
    if any(Path(name).is_absolute() or ".." in Path(name).parts for name in sums):
        raise ValueError("a checksum of a file that is not in the index")
    for segment in manifest.segments:
        if not (
            all(isinstance(part, str) for part in astuple(segment))
            and SEGMENT_NAME.fullmatch(segment.folder)
            and (not segment.gone or GONE_NAME.fullmatch(segment.gone))
        ):
            raise ValueError(
                f"a segment called {str(segment.folder)[:40]!r}, {str(segment.gone)[:40]!r}; "
                "expected names such as segment-0000 and gone-0001-0000.npy"
            )
    if len({segment.folder for segment in manifest.segments}) < len(manifest.segments):
        raise ValueError("a segment that comes twice")
    _check_measures(manifest)


def _check_measures(manifest: Manifest) -> None:
    fitted = manifest.calibration
    measures = (fitted.temperature, *fitted.doubt, *fitted.nearness, *astuple(manifest.background))
    if not all(type(one) in (int, float) and math.isfinite(one) for one in measures):
        raise ValueError("a calibration or background that is no number")
    if fitted.temperature <= 0 or len(fitted.nearness) not in (0, 2):
        raise ValueError("a calibration that nothing can be divided by")
    if manifest.built and datetime.fromisoformat(manifest.built).tzinfo is None:
        raise ValueError(f"built at {manifest.built}, expected a time with its zone")
