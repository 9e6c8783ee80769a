"""Gradio's import, without what it does for editors."""

from __future__ import annotations

import subprocess
import sys

OPENED = """
import sys

def hook(event, values):
    if event == "open" and str(values[0]).endswith(".pyi"):
        print(values[0])

sys.addaudithook(hook)
import {}
"""


def test_no_stub_is_read_or_written() -> None:
    code = OPENED.format("ssm_search_app.page")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    opened = done.stdout.splitlines()
    assert [path for path in opened if "gradio" in path] == []
    assert opened  # those of this package, which say what it offers
