"""The index of a large corpus: segments in a folder, named by its manifest.

The files of a segment stay as they are. A change adds a small segment and says which rows of the
others are gone; now and then small segments are joined, so that a change costs what it changes. The
manifest is replaced last, so that a kill leaves the index as it was, and readers see the old or the
new.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.arrays import UNREADABLE, allow_open_files, load_array, misfit, replace_array
from ssm_search.encoding import Encoder, OnnxEncoder
from ssm_search.errors import IndexFolderError
from ssm_search.files import replacing_folder
from ssm_search.index.background import measured
from ssm_search.index.checksums import checksums_of
from ssm_search.index.local import LocalRows
from ssm_search.index.manifest import GONE_NAME, MANIFEST_FILE, SEGMENT_NAME, Manifest, NamedSegment
from ssm_search.papers import Paper
from ssm_search.ranking import confidence
from ssm_search.segments import LOOKED_OVER, Chosen, join_segments, load_segment, write_segment
from ssm_search.words import RowVectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEGMENT_ROWS = 1_000_000  # of a segment when it is first built
MAX_SEGMENTS = 8  # beyond, the smaller ones are joined
MAX_GONE = 0.3  # share of the rows of a segment; beyond, it is written anew
NAMES = ("segment-*", "gone-*.npy", "part-*")
"""Of what a folder holds beside its manifest; segments were called parts once."""


def write(
    folder: Path,
    chosen: Sequence[Chosen],
    encoder: Encoder,
    source: str = "",
    kind: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Manifest:
    """Join many small segments into few large ones in ``folder``, which is empty; their manifest.

    Args:
        chosen: the small segments, and which of their rows stay.
        encoder: what made their vectors; it goes along if it can.
        source: what the corpus is called.
        kind: FAISS's name of the index of the vectors of each; by its size if "".
        progress: called with (rows written, rows to write).
    """
    made: list[NamedSegment] = []
    done, total = 0, sum(len(rows) for _, rows in chosen)
    for group in _groups(chosen):
        name = f"segment-{len(made):04}"
        (folder / name).mkdir()
        made.append(NamedSegment(name, kind=join_segments(folder / name, group, kind)))
        done += sum(len(rows) for _, rows in group)
        progress(done, total)
    if isinstance(encoder, OnnxEncoder):
        encoder.copy_to(folder / OnnxEncoder.FOLDER)
    manifest = Manifest(
        encoder_name=getattr(encoder, "name", ""),
        encoder_fingerprint=encoder.fingerprint,
        dimension=chosen[0][0].vectors.shape[1],
        papers=total,
        words=_words_in(folder, made),
        without_abstract=(),
        segments=tuple(made),
        vectors=kind,
    ).stamped(source)
    found = measured(load_segments(folder, manifest), encoder)
    manifest = replace(manifest, background=found, checksums=checksums_of(folder))
    manifest.write(folder)
    return manifest


def background(chosen: Sequence[Chosen], encoder: Encoder) -> confidence.Background:
    """What the papers of segments are like that are not of an index in a folder."""
    chosen = [(segment, rows) for segment, rows in chosen if len(rows)]
    present = [np.zeros(len(segment), dtype=bool) for segment, _ in chosen]
    for mask, (_, kept) in zip(present, chosen, strict=True):
        mask[kept] = True
    manifest = Manifest("", "", 0, 0, 0, (), segments=(NamedSegment(""),))
    segments = [segment for segment, _ in chosen]
    return measured(LocalRows.of_segments(segments, np.concatenate(present), manifest), encoder)


def load_segments(folder: Path, manifest: Manifest) -> LocalRows:
    """Read the rows of the segments that ``manifest`` names, mapped into memory.

    Raises:
        IndexFolderError: one is missing or damaged, or does not fit the manifest.
    """
    allow_open_files()
    segments = [load_segment(folder / named.folder) for named in manifest.segments]
    widths = {(one.vectors.shape[1], one.word_vectors.vectors.shape[1]) for one in segments}
    if len(widths) > 1:
        raise IndexFolderError(
            f"the segments of the index in {folder} have vectors of different widths, "
            f"{sorted(widths)}; build it again"
        )
    present = [
        _present(folder, named, len(segment))
        for named, segment in zip(manifest.segments, segments, strict=True)
    ]
    ids = np.concatenate([one.id_hashes for one in segments])[np.concatenate(present)]
    if len(ids) <= LOOKED_OVER and len(np.unique(ids)) < len(ids):
        raise IndexFolderError(f"the index in {folder} has a paper twice; build it again")
    if wrong := misfit(
        ("papers", sum(int(mask.sum()) for mask in present), manifest.papers),
        ("dimensions", segments[0].vectors.shape[1], manifest.dimension),
        says="its manifest says",
    ):
        raise IndexFolderError(f"the index in {folder} has {wrong}; build it again")
    return LocalRows.of_segments(segments, np.concatenate(present), manifest)


def update(
    folder: Path,
    known: LocalRows,
    gone: Sequence[int],
    papers: Sequence[Paper],
    encoded: RowVectors | None,
) -> Manifest:
    """Add ``papers`` to an index, and take the rows ``gone`` out.

    Args:
        encoded: what an encoder made of ``papers``; None where there are none.
        known: what was read from ``folder``.

    Raises:
        IndexFolderError: no paper would be left.
    """
    present = known.present.copy()
    present[list(gone)] = False
    count = int(present.sum()) + len(papers)
    if not count:
        raise IndexFolderError(f"nothing would be left in {folder}; remove the folder instead")
    segments, serial = list(known.manifest.segments), _next_serial(folder)
    starts = np.cumsum([0, *map(len, known.facets)])
    for at, old in enumerate(known.manifest.segments):
        stays = present[starts[at] : starts[at + 1]]
        if not stays.all():
            segments[at] = replace(old, gone=f"gone-{serial:04}-{at:04}.npy")
            replace_array(folder / segments[at].gone, ~stays)
    if encoded:
        segments.append(NamedSegment(f"segment-{serial:04}"))
        with replacing_folder(folder / segments[-1].folder) as new:
            write_segment(new, papers, encoded)
    manifest = _tidied(folder, replace(known.manifest, segments=tuple(segments), papers=count))
    return commit(folder, replace(manifest, words=_words_in(folder, manifest.segments)))


def commit(folder: Path, manifest: Manifest) -> Manifest:
    """Make ``manifest`` that of the index, then remove the files that it does not name."""
    named = {name for segment in manifest.segments for name in (segment.folder, segment.gone)}
    left = [path.name for pattern in NAMES for path in folder.glob(pattern)]
    sums = checksums_of(folder, [MANIFEST_FILE, *set(left) - named], manifest.checksums)
    manifest = replace(manifest.stamped(), checksums=sums)
    manifest.write(folder)
    for path in (path for pattern in NAMES for path in folder.glob(pattern)):
        if path.name not in named:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return manifest


def _groups(chosen: Sequence[Chosen]) -> list[list[Chosen]]:
    """Neighbouring segments, together up to ``SEGMENT_ROWS`` rows."""
    groups: list[list[Chosen]] = [[]]
    count = 0
    for segment, rows in chosen:
        if groups[-1] and count + len(rows) > SEGMENT_ROWS:
            groups.append([])
            count = 0
        groups[-1].append((segment, rows))
        count += len(rows)
    return groups


def _tidied(folder: Path, manifest: Manifest) -> Manifest:
    """``manifest`` with few segments, few of whose rows are gone: others are written anew."""
    chosen: list[Chosen] = []
    for named in manifest.segments:
        segment = load_segment(folder / named.folder)
        chosen.append((segment, np.flatnonzero(_present(folder, named, len(segment)))))
    anew = {
        at for at, (segment, rows) in enumerate(chosen) if len(rows) < (1 - MAX_GONE) * len(segment)
    }
    if len(chosen) > MAX_SEGMENTS:
        anew |= set(sorted(range(len(chosen)), key=lambda at: len(chosen[at][0]))[:MAX_SEGMENTS])
    if not anew:
        return manifest
    segments = [named for at, named in enumerate(manifest.segments) if at not in anew]
    if together := [chosen[at] for at in sorted(anew) if len(chosen[at][1])]:
        name = f"segment-{_next_serial(folder):04}"
        with replacing_folder(folder / name) as new:
            kind = join_segments(new, together, manifest.vectors)
        segments.append(NamedSegment(name, kind=kind))
    return replace(manifest, segments=tuple(segments))


def _present(folder: Path, named: NamedSegment, length: int) -> NDArray[np.bool_]:
    """Which of the ``length`` rows of a segment are there, bool, shape (length,)."""
    if not named.gone:
        return np.ones(length, dtype=bool)
    try:
        gone = load_array(folder / named.gone, (np.bool_, 1))
        if gone.shape != (length,):
            raise ValueError(f"of {len(gone)} rows, expected {length}")
    except UNREADABLE as error:
        raise IndexFolderError(
            f"the index in {folder} is damaged ({named.gone}: {error}); build it again"
        ) from error
    return np.asarray(~gone)


def _words_in(folder: Path, segments: Sequence[NamedSegment]) -> int:
    """How many vectors of words there are, those of papers that are gone too."""
    return sum(len(load_segment(folder / one.folder).word_vectors.vectors) for one in segments)


def _next_serial(folder: Path) -> int:
    """A number that no file has yet, be it one that is named or one that a kill left behind."""
    names = [path.name for pattern in NAMES for path in folder.glob(pattern)]
    found = [SEGMENT_NAME.fullmatch(name) or GONE_NAME.fullmatch(name) for name in names]
    return 1 + max((int(match[1]) for match in found if match), default=-1)
