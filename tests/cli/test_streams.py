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


def test_news_that_nobody_hears_are_no_failure() -> None:
    """As of ``query … 2>&1 | head``, after ``head`` has what it wants."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "ssm_search", *QUERY]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=writer, check=False)
    os.close(writer)
    assert (done.returncode, b"HiPPO" in done.stdout) == (0, True)


def test_news_do_not_get_into_answers_where_stderr_is_closed() -> None:
    done, heard = run(*QUERY, shell="2>&-"), run(*QUERY)
    assert heard.stderr.startswith(b"for the sentences that answer")
    assert (done.returncode, done.stdout) == (0, heard.stdout)


@pytest.mark.parametrize("module", ["ssm_search.cli.questions", "typer"])
def test_an_interrupt_while_the_commands_are_imported_ends_quietly(module: str) -> None:
    """As of Ctrl+C in the first moments, here at one that is known."""
    code = f"""
import sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupt())
from ssm_search.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_full_disk_is_told_in_a_line() -> None:
    done = run(*QUERY, shell="> /dev/full")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1].startswith("ssm-search: No space left on device")
