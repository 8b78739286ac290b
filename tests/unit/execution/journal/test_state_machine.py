"""Journals under any order of claims, ends and deaths: a "once" call runs at most once, and nothing is lost."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from journals import claim, ended

from clovax_agents.execution.journal.audit import verify
from clovax_agents.execution.journal.base import MAX_ATTEMPTS, Journal
from clovax_agents.execution.journal.memory import MemoryJournal
from clovax_agents.execution.journal.owners import Owner
from clovax_agents.execution.journal.sqlite import SqliteJournal

EFFECTS = {"a": "once", "b": "once", "c": "idempotent"}
KEYS = st.sampled_from(sorted(EFFECTS))
WHO = st.integers(0, 2)
SOAK = bool(os.environ.get("CLOVAX_SOAK"))
LIMITS = settings(
    max_examples=400 if SOAK else 40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class Machine(RuleBasedStateMachine):
    """Three processes, two of them on one host, and what they know of four calls."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.processes: list[Any] = [self.start(who) for who in range(3)]
        self.running: dict[str, int] = {}  # by whom, as far as it lives
        self.touched: set[str] = set()  # whose body may have had its effect
        self.results: dict[str, bytes] = {}
        self.ended: dict[str, float] = {}  # when, for as long as the result is kept
        self.died: dict[str, float] = {}  # until when the dead of another host count as alive

    def start(self, who: int) -> Journal:
        """Start a process."""
        raise NotImplementedError

    @rule(who=WHO, keys=st.lists(KEYS, min_size=1, max_size=3), again=st.booleans())
    def begin(self, who: int, keys: list[str], again: bool) -> None:  # noqa: FBT001
        """Claim calls, perhaps the same one twice in a batch."""
        claims = [claim(key, EFFECTS[key], again=again) for key in keys]
        for key, found in zip(keys, self.processes[who].begin(claims), strict=True):
            self.check(who, key, found, again=again)

    def check(self, who: int, key: str, found: Any, *, again: bool) -> None:
        """Compare what a claim met with what has happened."""
        if key in self.results and key not in self.ended:
            assert (found.state, found.result) == ("forgotten", b"")
        elif key in self.results:
            assert (found.state, found.result) == ("done", self.results[key])
        elif key in self.running:
            assert found.state == "wait"
        elif found.state in {"run", "interrupted"}:
            assert again or EFFECTS[key] != "once" or key not in self.touched
            assert again or found.state == "interrupted" or found.attempts <= MAX_ATTEMPTS
            self.touched.discard(key)
            self.running[key] = who
        elif found.state == "wait":
            assert self.now <= self.died[key]
        elif found.state == "unknown":
            assert EFFECTS[key] == "once"
        else:
            assert (found.state, found.attempts >= MAX_ATTEMPTS) == ("quarantined", True)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def touch(self, data: st.DataObject) -> None:
        """A body takes effect."""
        self.touched.add(data.draw(st.sampled_from(sorted(self.running))))

    @precondition(lambda self: self.running)
    @rule(data=st.data(), how=st.sampled_from(["done", "failed", "interrupted", "unknown"]))
    def finish(self, data: st.DataObject, how: str) -> None:
        """A body ends, or waits for a person before it has had an effect, or is given up."""
        key = data.draw(st.sampled_from(sorted(self.running)))
        if how == "interrupted" and key in self.touched:
            return
        result = f"{key}{self.now}".encode()
        self.processes[self.running.pop(key)].end([ended(key, how, result)])
        if how in {"done", "failed"}:
            self.results[key], self.ended[key] = result, self.now

    @rule(who=WHO, age=st.sampled_from([0.0, 7_000.0]))
    def prune(self, who: int, age: float) -> None:
        """Old results are forgotten; of calls that may repeat, so is that they have run."""
        since = self.now - max(age, 3_600.0)
        old = [key for key, ended in self.ended.items() if ended < since]
        assert self.processes[who].prune(before=self.now - age) == len(old)
        for key in old:
            del self.ended[key]
            if EFFECTS[key] != "once":
                del self.results[key]
                self.touched.discard(key)

    @rule()
    def sleep(self) -> None:
        """An hour passes in which nobody claims anything."""
        self.now += 4_000.0
        for process in self.processes:
            process.renew()

    @rule(who=WHO, key=KEYS, how=st.sampled_from(["interrupted", "interrupted", "unknown", "refused"]))
    def stray(self, who: int, key: str, how: str) -> None:
        """Somebody who does not run a call says something about it: that must change nothing."""
        if how == "refused" or key not in self.running or self.processes[self.running[key]] is not self.processes[who]:
            self.processes[who].end([ended(key, how)])

    @rule(seconds=st.sampled_from([20.0, 40.0]))
    def wait(self, seconds: float) -> None:
        """Time passes; who lives says so every ten seconds."""
        while seconds > 0:
            self.now += min(seconds, 10.0)
            seconds -= 10.0
            for process in self.processes:
                process.renew()

    def teardown(self) -> None:
        """Check the audit, which is whole whatever has happened."""
        verify(self.processes[0].audit())


class MemoryMachine(Machine):
    """One process, three users."""

    def __init__(self) -> None:
        self.journal = MemoryJournal(clock=lambda: self.now)
        super().__init__()

    def start(self, who: int) -> Journal:  # noqa: ARG002
        """Give the one journal."""
        return self.journal


class SqliteMachine(Machine):
    """Three processes on one file, which die at any time."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.started: Callable[[int], str] = lambda pid: "1" if pid == os.getpid() else "gone"
        super().__init__()

    def start(self, who: int) -> Journal:
        """Open the file as another process would."""
        host = "one" if who < 2 else "two"
        owner = Owner(host=lambda: host, started=self.started)
        return SqliteJournal(Path(self.folder.name) / "j", clock=lambda: self.now, owner=owner)

    @rule(who=WHO)
    def kill(self, who: int) -> None:
        """A process dies with all that it runs; another begins."""
        self.processes[who].close()
        self.processes[who] = None
        self.processes[who] = self.start(who)
        for key in [key for key, runner in self.running.items() if runner == who]:
            del self.running[key]
            self.died[key] = self.now + 30

    def teardown(self) -> None:
        """Close the file."""
        super().teardown()
        for process in self.processes:
            process.close()
        self.folder.cleanup()


TestMemory = MemoryMachine.TestCase
TestMemory.settings = LIMITS
TestSqlite = SqliteMachine.TestCase
TestSqlite.settings = LIMITS
