"""Who is alive."""

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clovax_agents.execution.journal import owners
from clovax_agents.execution.journal.owners import Owner
from clovax_agents.execution.journal.rules import Row

ROW = Row(status="started", effect="once", owner="", lease_until=100, attempts=1, started_at=0)


def of(owner: str) -> Row:
    """Make a row of an owner."""
    return replace(ROW, owner=owner)


def test_an_owner_lives_as_long_as_its_journal() -> None:
    """Within one process, what no object runs any more is dead at once, whatever the lease says."""
    me, other = Owner(), Owner()
    row = of(other.name)
    assert me.lives(of(me.name), 1e9)
    assert me.lives(row, 1e9)
    del other
    assert not me.lives(row, 0)


def test_another_process_of_this_host_is_looked_for() -> None:
    """By its number and its start, so that a new process with an old number is not taken for it."""
    begun = {41: "7", os.getpid(): "1"}
    me = Owner(started=lambda pid: begun.get(pid, "gone"))
    host = me.name.split("|")[0]
    assert me.lives(of(f"{host}|41|7|x"), 1e9)
    assert not me.lives(of(f"{host}|41|6|x"), 0)
    assert not me.lives(of(f"{host}|42|7|x"), 0)


def test_of_another_host_only_the_lease_is_known() -> None:
    """Who has not been heard of in time counts as dead."""
    row = of(Owner(host=lambda: "elsewhere").name)
    me = Owner()
    assert me.lives(row, 99.9)
    assert not me.lives(row, 100.1)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_has_ended_is_gone() -> None:
    """Also while nobody has asked for its exit code, and it is still listed."""
    pid = os.fork() if hasattr(os, "fork") else 0
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    me = Owner()
    host = me.name.split("|")[0]
    assert not me.lives(of(f"{host}|{pid}|1|x"), 0)
    os.waitpid(pid, 0)
    assert not me.lives(of(f"{host}|{pid}|1|x"), 0)


def test_without_proc_a_process_is_asked_for_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where /proc is not to be read, nobody is declared dead who may live."""

    def closed(*_: Any, **__: Any) -> str:
        raise PermissionError

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", closed)
        assert owners._process_start(os.getpid()) == "there"
        assert owners._process_start(2**22 + 1) == "gone"
        patched.setattr(owners, "os", SimpleNamespace(name="nt"))  # where os.kill would end the process
        assert owners._process_start(os.getpid()) == "?"
