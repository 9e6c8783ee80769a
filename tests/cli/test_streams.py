"""What commands print and read where streams are not those of a terminal of today."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from typed import typed

QUERY = ("query", "learning of Hippo states", "-k", "1")


def run(*arguments: str, shell: str = "", **environ: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "ssm_search", *arguments]
    if shell:
        command = ["bash", "-c", f'"$@" {shell}', "bash", *command]
    return subprocess.run(command, capture_output=True, check=False, env=os.environ | environ)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_letters_that_an_encoding_lacks_are_replaced(encoding: str) -> None:
    done = run("headings", PYTHONIOENCODING=encoding)  # cp1252 has no lines to draw a tree of
    assert (done.returncode, done.stderr) == (0, b"")
    assert "SSMs 31" in done.stdout.decode(encoding)
    done = run(
        "submit", "2402.99999", "--title", "Mamba ≈ Ω", "--offline", PYTHONIOENCODING=encoding
    )
    assert done.stdout.splitlines()[0].rstrip() == b"Mamba ? ?"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_json_is_utf_8_everywhere(encoding: str) -> None:
    told = json.loads(run(*QUERY, "--json", PYTHONIOENCODING=encoding).stdout.decode("utf-8"))
    assert told == json.loads(typed(*QUERY, "--json").stdout)


@pytest.mark.parametrize("command", ["submit", "triage", "query"])
def test_a_closed_standard_input_is_told_in_a_line(command: str) -> None:
    done = run(command, "-", shell="<&-")
    said = "ssm-search: standard input is closed; give the text itself, or pipe it in\n"
    assert (done.returncode, done.stderr.decode()) == (1, said)


def test_a_full_disk_is_told_in_a_line() -> None:
    done = run(*QUERY, shell="> /dev/full")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1].startswith("ssm-search: No space left on device")
