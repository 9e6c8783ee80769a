"""The list, the index and the encoder that come with the package: what and where they are."""

from __future__ import annotations

from pathlib import Path

NAME = "awesome-mamba"
DEFAULT_MODEL = "ssm-minilm-l6"
"""The encoder that comes with the package, inside the index."""
PACKAGE = Path(__file__).parent


def shipped_folder() -> Path:
    """The prebuilt index: inside the installed package, or in ``index/`` of a checkout."""
    installed = PACKAGE / "shipped" / NAME
    return installed if installed.is_dir() else PACKAGE.parents[1] / "index" / NAME


def shipped_list() -> Path:
    """The list that the prebuilt index was built from."""
    return shipped_folder().with_suffix(".md")
