"""Where the command line begins: what it needs is imported within, so that Ctrl+C ends that too."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, as :func:`ssm_search.cli.questions.main`."""
    try:
        from ssm_search.cli.questions import main as run

        run()
    except KeyboardInterrupt:  # while the commands were imported
        sys.exit(130)
