"""Which browser pages are measured in."""

from __future__ import annotations

import shutil

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")


def browser_path() -> str | None:
    """The first of ``BROWSERS`` that is here."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)
