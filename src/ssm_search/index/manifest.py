"""What a saved index says about itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ssm_search.errors import IndexFolderError
from ssm_search.papers import Category
from ssm_search.ranking import Calibration

FORMAT_VERSION = 2
MANIFEST_FILE = "manifest.json"
NOT_CALIBRATED = Calibration()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a large corpus.

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
        list_name: the list it was built from; "" if it was built from papers directly.
        without_abstract: ids of the papers that were indexed by their title alone.
        headings: all that a paper may be filed under, empty ones too.
        calibration: how far suggested headings can be trusted.
        segments: the parts of a large corpus.
        vectors: FAISS's name of the kind of index that was asked for; "" for one by size.
    """

    encoder_name: str
    encoder_fingerprint: str
    dimension: int
    papers: int
    sentences: int
    without_abstract: tuple[str, ...]
    list_name: str = ""
    list_sha256: str = ""
    headings: tuple[Category, ...] = ()
    calibration: Calibration = NOT_CALIBRATED
    built: str = ""
    segments: tuple[Part, ...] = ()
    vectors: str = ""
    format: int = FORMAT_VERSION


def manifest_json(manifest: Manifest) -> str:
    """As it is saved."""
    return json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n"


def stamped(manifest: Manifest, list_name: str, list_sha256: str) -> Manifest:
    """``manifest`` with the list it is for, if one is named, and the present time."""
    return replace(
        manifest,
        list_name=list_name or manifest.list_name,
        list_sha256=list_sha256 or manifest.list_sha256,
        built=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the index in ``folder``.

    Raises:
        IndexFolderError: there is none, or it is damaged.
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
        record["segments"] = tuple(Part(**part) for part in record.get("segments", ()))
        record["headings"] = tuple(tuple(path) for path in record["headings"])
        fitted = record["calibration"]
        record["calibration"] = Calibration(
            fitted["temperature"],
            *(tuple(fitted[name]) for name in ("doubt", "scope", "title_scope")),
        )
        return Manifest(**record)
    except FileNotFoundError as error:
        raise IndexFolderError(
            f"no index in {folder}; make one with `ssm-search build LIST --index {folder}`"
        ) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise IndexFolderError(
            f"the manifest in {folder} cannot be read ({type(error).__name__}: {error}); "
            "build the index again"
        ) from error
