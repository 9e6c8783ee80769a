"""Replacing what is on disk, with the plug pulled at every moment that there is."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PATIENCE

from ssm_search import files
from ssm_search.errors import IndexFolderError
from ssm_search.files import (
    folder_beside,
    locked,
    plain_file,
    read_text,
    replacing_folder,
    settled,
    sweep_inside,
    write_atomically,
)

KILLS = 10
NAMES = ("a", "b", "c")
LEFTOVER = ".index.0123abcd.new"

# Kills itself before the step whose number it is given: Python announces each step on the disk
# to audit hooks (https://docs.python.org/3/library/audit_events.html). One process for each step,
# forked from this one, which pytest's own could not do once it has threads.
KILLED_AT_EVERY_STEP = """
import os, shutil, signal, sys
from pathlib import Path
from ssm_search.files import replacing_folder, settled, write_atomically

folder, path, before = Path(sys.argv[1], "index"), Path(sys.argv[1], "file"), Path(sys.argv[1])
STEPS = ("open", "os.", "shutil.", "fcntl.")

def put(text):
    with replacing_folder(folder) as new:
        for name in "abc":
            (new / name).write_text(text)
    write_atomically(path, text.encode())

def killed_at(step):
    steps = 0
    def count(event, arguments):
        nonlocal steps
        if event.startswith(STEPS):
            if steps == step:
                signal.raise_signal(signal.SIGKILL)
            steps += 1
    child = os.fork()
    if child == 0:
        sys.addaudithook(count)
        put("new")
        os._exit(0)
    return os.waitpid(child, 0)[1]

for step in range(1000):
    put("old")
    status = killed_at(step)
    there = {file.name: file.read_text() for file in settled(folder).iterdir()}
    print(step, status, *sorted(there.items()), path.read_text(), flush=True)
    if status == 0:
        break
print(*sorted(left.name for left in folder.parent.iterdir()))
"""

REPLACING_FOREVER = """
import sys
from itertools import count
from pathlib import Path
from ssm_search.files import replacing_folder

folder = Path(sys.argv[1])
for number in count():
    with replacing_folder(folder) as new:
        for name in "abc":
            (new / name).write_text(f"{number} " * 5000)
    if number == 1:
        print("going", flush=True)
"""


def fill(folder: Path, text: str) -> None:
    for name in NAMES:
        (folder / name).write_text(text)


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def whole(text: str) -> dict[str, str]:
    return dict.fromkeys(NAMES, text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


# ── folders ──────────────────────────────────────────────────────────────────────────────────


def test_a_folder_is_replaced_whole(folder: Path) -> None:
    with replacing_folder(folder) as new:
        fill(new, "old")
        (new / "more").mkdir()
        (new / "more" / "d").write_text("old")
        assert not folder.exists()
    with replacing_folder(folder) as new:
        assert list(new.iterdir()) == []
        fill(new, "new")
        assert (folder / "more" / "d").read_text() == "old"
    assert content(folder) == whole("new")
    assert list(folder.parent.iterdir()) == [folder]


def test_an_exception_leaves_the_old_folder(folder: Path) -> None:
    with replacing_folder(folder) as new:
        fill(new, "old")

    def fill_half(new: Path) -> None:
        (new / "a").write_text("new")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"), replacing_folder(folder) as new:
        fill_half(new)
    assert content(folder) == whole("old")
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("nth", [1, 2])
def test_a_failing_rename_leaves_the_old_folder(
    nth: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with replacing_folder(folder) as new:
        fill(new, "old")
    rename, calls = os.rename, []

    def failing(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == nth:
            raise OSError("no")
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(OSError, match="no"), replacing_folder(folder) as new:
        fill(new, "new")
    assert content(folder) == whole("old")
    assert list(folder.parent.iterdir()) == [folder]


def test_a_new_folder_in_new_folders(tmp_path: Path) -> None:
    folder = tmp_path / "far" / "away" / "index"
    with replacing_folder(folder) as new:
        fill(new, "new")
    assert content(folder) == whole("new")


def test_an_empty_folder_may_be_filled(folder: Path) -> None:
    folder.mkdir()
    with replacing_folder(folder) as new:
        fill(new, "new")
    assert content(folder) == whole("new")


def test_what_is_somebody_elses_stays(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    with (
        pytest.raises(IndexFolderError, match=r"holds something else \(thesis.tex\)"),
        replacing_folder(folder) as new,
    ):
        fill(new, "new")
    assert content(folder) == {"thesis.tex": "years of work"}
    assert list(folder.parent.iterdir()) == [folder]


def test_a_file_is_no_folder_to_replace(folder: Path) -> None:
    folder.write_text("a file")
    with (
        pytest.raises(IndexFolderError, match="is a file, expected a folder"),
        replacing_folder(folder) as new,
    ):
        fill(new, "new")
    assert folder.read_text() == "a file"
    assert list(folder.parent.iterdir()) == [folder]


def test_a_link_stays_one(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    for text in ("old", "new"):
        with replacing_folder(link) as new:
            fill(new, text)
        assert content(folder) == content(link) == whole(text)
    assert sorted(tmp_path.iterdir()) == [folder, link]
    folder.rename(folder.with_name(".index.old"))  # as a kill at the worst moment leaves it
    assert content(settled(link)) == whole("new")


@pytest.mark.usefixtures("usual_umask")
def test_permissions_are_the_usual_ones_or_those_that_were_there(folder: Path) -> None:
    with replacing_folder(folder) as new:
        fill(new, "old")
    assert mode(folder) == 0o755
    assert mode(folder / "a") == 0o644
    folder.chmod(0o710)
    with replacing_folder(folder) as new:
        fill(new, "new")
    assert mode(folder) == 0o710
    os.umask(0o077)
    with replacing_folder(folder.with_name("private")) as new:
        fill(new, "new")
    assert mode(folder.with_name("private")) == 0o700


# ── leftovers ────────────────────────────────────────────────────────────────────────────────


def test_what_a_killed_replacement_left_is_swept(folder: Path) -> None:
    left = folder.with_name(LEFTOVER)
    left.mkdir(parents=True)
    fill(left, "half")
    with replacing_folder(folder) as new:
        fill(new, "new")
    assert list(folder.parent.iterdir()) == [folder]


def test_what_stood_aside_is_found_until_there_is_a_new_one(folder: Path) -> None:
    aside = folder.with_name(".index.old")
    aside.mkdir()
    fill(aside, "old")
    with replacing_folder(folder) as new:
        fill(new, "new")
        assert content(settled(folder)) == whole("old")
    assert content(settled(folder)) == whole("new")
    assert list(folder.parent.iterdir()) == [folder]


def test_settled_names_the_folder_where_there_is_none(folder: Path) -> None:
    assert settled(folder) == folder


def test_only_its_own_leftovers_are_swept(tmp_path: Path) -> None:
    folder = tmp_path / "in[d]ex"
    others = [
        ".in[d]ex.cache",  # a folder that somebody keeps beside it
        ".in[d]ex.0123abcd.new.bak",
        ".in[d]ex.more.0123abcd.new",  # of a folder "in[d]ex.more"
        ".index.0123abcd.new",  # of a folder "index"
        "in[d]ex.old",
    ]
    for name in (*others, ".in[d]ex.0123abcd.new"):
        (tmp_path / name).mkdir()
    (tmp_path / ".in[d]ex.4567cdef.new").write_text("a file")
    with replacing_folder(folder) as new:
        fill(new, "new")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"in[d]ex", ".in[d]ex.4567cdef.new", *others}


def test_what_a_killed_writing_of_a_file_left_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    for name in (".list.md.0123abcd.new", ".other.md.0123abcd.new", ".list.md.0123.new"):
        (tmp_path / name).write_text("half")
    write_atomically(path, b"new")
    left = sorted(one.name for one in tmp_path.iterdir())
    assert left == [".list.md.0123.new", ".other.md.0123abcd.new", "list.md"]


def test_a_file_that_is_being_written_is_not_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, sync = tmp_path / "file", os.fsync

    def meanwhile(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        write_atomically(path, b"another's")
        sync(handle)

    monkeypatch.setattr(os, "fsync", meanwhile)
    write_atomically(path, b"mine")
    assert path.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_was_swept_before_it_was_locked_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lock = tmp_path / "file", files.locked

    def swept(new: Path):  # type: ignore[no-untyped-def]
        monkeypatch.setattr(files, "locked", lock)
        new.unlink()
        return lock(new)

    monkeypatch.setattr(files, "locked", swept)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_inside_a_folder_is_swept_whatever_it_was_to_be(folder: Path) -> None:
    folder.mkdir()
    for name in (".a.0123abcd.new", ".b.0123abcd.new", "c", ".d"):
        (folder / name).write_text("x")
    (folder / ".segment-0001.0123abcd.new").mkdir()
    with replacing_folder(folder / "e") as new:
        fill(new, "e")
        sweep_inside(folder)
    assert sorted(path.name for path in folder.iterdir()) == [".d", "c", "e"]


def test_a_folder_beside_is_gone_in_the_end_or_with_the_next(folder: Path) -> None:
    with folder_beside(folder) as scratch:
        fill(scratch, "half")
        assert scratch.parent == folder.parent
    assert list(folder.parent.iterdir()) == []
    folder.with_name(LEFTOVER).mkdir()  # as a kill leaves it
    with folder_beside(folder) as scratch:
        assert list(folder.parent.iterdir()) == [scratch]


def test_a_folder_that_is_being_filled_is_not_swept(folder: Path) -> None:
    with replacing_folder(folder) as first:
        fill(first, "first")
        with replacing_folder(folder) as second:
            fill(second, "second")
        assert content(folder) == whole("second")
        assert content(first) == whole("first")
    assert content(folder) == whole("first")
    assert list(folder.parent.iterdir()) == [folder]


def test_replacements_side_by_side_do_not_disturb_each_other(folder: Path) -> None:
    errors: list[BaseException] = []

    def replace(text: str) -> None:
        try:
            for _ in range(20):
                with replacing_folder(folder) as new:
                    fill(new, text)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=replace, args=(text,)) for text in ("x", "y", "z")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert content(folder) in [whole(text) for text in ("x", "y", "z")]
    assert list(folder.parent.iterdir()) == [folder]


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    seen: list[str] = []

    def second() -> None:
        with locked(tmp_path):
            seen.append("second")

    with locked(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.05)
        seen.append("first")
    thread.join()
    assert seen == ["first", "second"]


# ── kills ────────────────────────────────────────────────────────────────────────────────────


def test_a_kill_before_any_step_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EVERY_STEP, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stderr == ""
    *steps, left = done.stdout.splitlines()
    old, new = (" ".join(map(str, sorted(whole(text).items()))) for text in ("old", "new"))
    seen = []
    for line in steps:
        step, status, rest = line.split(" ", 2)
        assert rest in (f"{old} old", f"{new} old", f"{new} new"), f"killed at step {step}"
        assert int(status) in (0, signal.SIGKILL)
        seen.append(rest)
    # First nothing was replaced, then the folder, then the file; and the last one was not killed.
    assert seen == sorted(seen, key=(f"{old} old", f"{new} old", f"{new} new").index)
    assert set(seen) == {f"{old} old", f"{new} old", f"{new} new"}
    assert steps[-1].split()[1] == "0"
    assert left.split() == ["file", "index"]  # each run swept what the one before left


def test_kills_at_random_moments_leave_a_whole_folder(folder: Path) -> None:
    # A step may be killed half done, too.
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", REPLACING_FOREVER, str(folder)], stdout=subprocess.PIPE
        ) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == b"going\n"
                time.sleep(random.uniform(0, 0.03))
            finally:
                process.kill()
        found = content(settled(folder))
        assert sorted(found) == list(NAMES)
        assert len(set(found.values())) == 1
        assert found["a"].endswith(" ")
        assert len(found["a"].split()) == 5000
    with replacing_folder(folder) as new:
        fill(new, "last")
    assert list(folder.parent.iterdir()) == [folder]


# ── files ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("usual_umask")
def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    write_atomically(path, b"old, and longer")
    assert mode(path) == 0o644
    path.chmod(0o600)
    with open(path, "rb") as reading:
        write_atomically(path, b"new")
        assert reading.read() == b"old, and longer"
    assert path.read_bytes() == b"new"
    assert mode(path) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(handle: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_to_a_file_stays_one(tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    link.symlink_to(path)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


# ── what may be read ─────────────────────────────────────────────────────────────────────────


def test_what_is_installed_may_be_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some installers do, who keep one copy of each file for all environments."""
    (tmp_path / "cache").write_text("text")
    (tmp_path / "package").mkdir()
    link = tmp_path / "package" / "file"
    link.symlink_to(tmp_path / "cache")
    with pytest.raises(OSError, match="file is a link out of its folder, expected a file; copy"):
        read_text(link)
    monkeypatch.setattr(files, "PACKAGE", tmp_path / "package")
    assert read_text(link) == "text"


def test_a_text_is_read_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text").write_text("1234567")
    monkeypatch.setattr(files, "MOST_TEXT", 7)
    assert read_text(tmp_path / "text") == "1234567"
    monkeypatch.setattr(files, "MOST_TEXT", 6)
    with pytest.raises(ValueError, match="text has 7 bytes, expected up to 6"):
        read_text(tmp_path / "text")


@pytest.mark.parametrize("kind", ["folder", "socket", "pipe"])
def test_what_is_no_file_is_called_what_it_is(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "it"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        with socket.socket(socket.AF_UNIX) as made, pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)  # paths of sockets are short
            made.bind("it")
    with pytest.raises(OSError, match=f"it is a {kind}, expected a file"):
        plain_file(path)
    with pytest.raises(OSError, match="null is a device, expected a file"):
        plain_file(Path("/dev/null"))
