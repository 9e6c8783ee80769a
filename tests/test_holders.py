"""Who holds a lock."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict, replace

import pytest

from ssm_search import holders
from ssm_search.holders import Holder


def test_a_holder_is_said_and_read_as_it_was_written() -> None:
    holder = Holder("here", 12, "ada", "2026-01-02T03:04:05+00:00", "x")
    assert str(holder) == "process 12 of ada on here since 2026-01-02T03:04:05+00:00"
    assert Holder(**json.loads(json.dumps(asdict(holder)))) == holder
    assert Holder.me() != Holder.me()  # each takes a lock of its own


def test_this_process_holds_until_it_ends() -> None:
    me = Holder.me()
    assert (me.host, me.pid) == (socket.gethostname(), os.getpid())
    assert not me.is_gone
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    assert replace(me, pid=dead.pid).is_gone
    assert not replace(me, pid=dead.pid, host="elsewhere").is_gone  # who knows


def test_another_users_process_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    assert not Holder.me().is_gone


def test_where_nobody_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 1000")

    monkeypatch.setattr(holders.getpass, "getuser", unknown)
    assert Holder.me().user == "somebody"
