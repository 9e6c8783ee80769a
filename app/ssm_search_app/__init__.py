"""The page of ssm-search: the same answers in a browser, over HTTP and over MCP."""

import os

import ssm_search  # noqa: F401  # before gradio: it switches off what that would report
from ssm_search_app.stubs import leave_out_stubs

leave_out_stubs()
# Or Gradio looks for a window system with the first request: 0.84 s instead of 0.16 s.
os.environ.setdefault("MPLBACKEND", "agg")
