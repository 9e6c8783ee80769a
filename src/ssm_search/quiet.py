"""What other packages would report about their use, switched off.

All read a variable of the environment, most of them once, as they are imported.
"""

from __future__ import annotations

import os
from typing import Final

SWITCHES: Final = {
    # From 1.29 on: a device's id and a database of events in the user's cache, sent over HTTPS
    # from the import on. Its function, disable_telemetry_events, leaves all of these.
    "ORT_DISABLE_TELEMETRY": "1",
    # Gradio asks for its newest version, and tells what a page is made of and how it fails.
    "GRADIO_ANALYTICS_ENABLED": "False",
    # The hub's client and hf-xet, by which it loads models.
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Of a cluster of its own, hourly; one that `ray start` made is told there.
    "RAY_USAGE_STATS_ENABLED": "0",
    # What most others ask that report at all (https://donottrack.sh).
    "DO_NOT_TRACK": "1",
}
"""As onnxruntime 1.32, gradio 6.31, huggingface-hub 2.4, hf-xet 1.8 and ray 2.60 read them.

LanceDB, Matplotlib, PyTorch, sentence-transformers and transformers report nothing of their own, as
`strace` showed.
"""


def keep_quiet() -> None:
    """Set what of :data:`SWITCHES` is not set yet, for this process and those that it starts.

    A variable that the user has set stays as it is.
    """
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)
