"""Kills runs, resumes them until they end, and judges what became of each call."""

import multiprocessing
import os
import time
import uuid
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from killed import CALLS, Contender, Fault, Life, live

_PATIENCE = 60.0
_MOST_LIVES = 8


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of the calls of one run, or of many.

    Attributes:
        runs: how many.
        kills: that struck.
        calls: in all.
        doubled: effects beyond the first of a call.
        lost: calls that took effect once, whose answer is neither their result nor "unknown".
        invented: calls that took no effect, and are answered as if they had.
        unanswered: calls that have not exactly one answer.
        unknown: calls that are reported as unknown.
        unsure: of these, those that took effect.
        keys: calls whose effects were done under more than one idempotency key.
    """

    runs: int = 1
    kills: int = 0
    calls: int = CALLS
    doubled: int = 0
    lost: int = 0
    invented: int = 0
    unanswered: int = 0
    unknown: int = 0
    unsure: int = 0
    keys: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong; what is reported as unknown has not."""
        return not (self.doubled or self.lost or self.invented or self.unanswered or self.keys)


@dataclass(slots=True)
class Trial:
    """A run that is killed.

    Attributes:
        contender: which graph.
        database: of the checkpointer.
        folder: for its files.
        seed: of everything that is random.
        strict: whether checkpoints are stored by our serializer.
    """

    contender: Contender
    database: str
    folder: Path
    seed: int = 0
    strict: bool = False
    thread: str = field(default_factory=lambda: uuid.uuid4().hex)
    kills: int = 0

    def at(self, fault: Fault) -> Verdict:
        """Let the first life die at a named point."""
        self._live(self._life(fault))
        return self._to_the_end()

    def at_random(self, span: float, most: int = 2) -> Verdict:
        """Kill up to so many lives at a random moment.

        Args:
            span: seconds that an undisturbed run takes.
            most: kills.
        """
        moments = Random(self.seed)  # noqa: S311
        for _ in range(most):
            if self._over():
                break
            self._live(self._life(None), kill_after=moments.uniform(0, span))
        return self._to_the_end()

    def undisturbed(self) -> float:
        """Return the seconds that the run takes if nobody kills it."""
        began = self._live(self._life(None))
        return time.monotonic() - began

    def _to_the_end(self) -> Verdict:
        for _ in range(_MOST_LIVES):
            if self._over():
                return judge(self._lines("effects"), self._lines("answers"), kills=self.kills)
            self._live(self._life(None))
        raise AssertionError(f"{self.contender} does not end, however often it is resumed")

    def _live(self, life: Life, kill_after: float | None = None) -> float:
        context = _context()
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=live, args=(life, there), daemon=True)
        process.start()
        there.close()
        began = _wait_for(here)
        if kill_after is not None:
            process.join(kill_after)
            process.kill()
        process.join(_PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
            raise AssertionError(f"{life.contender} hangs")
        self.kills += process.exitcode == -9
        here.close()
        process.close()
        return began

    def _life(self, fault: Fault | None) -> Life:
        return Life(
            contender=self.contender,
            database=self.database,
            thread=self.thread,
            effects=self.folder / f"{self.thread}.effects",
            answers=self.folder / f"{self.thread}.answers",
            fault=fault,
            seed=self.seed,
            strict=self.strict,
        )

    def _over(self) -> bool:
        return self._life(None).answers.exists()

    def _lines(self, kind: str) -> list[str]:
        path = self.folder / f"{self.thread}.{kind}"
        return path.read_text().splitlines() if path.exists() else []


def judge(effects: Iterable[str], answers: Iterable[str], *, kills: int = 0) -> Verdict:
    """Judge a run by what it did and what it says.

    Args:
        effects: lines of a call's number and an idempotency key.
        answers: lines of a call's number, its outcome and its text.
        kills: that struck.
    """
    done = [line.split() for line in effects]
    times = Counter(int(number) for number, _ in done)
    said = [line.split(" ", 2) for line in answers]
    found = {int(number): (outcome, text) for number, outcome, text in said}
    counts = Counter(int(number) for number, _, _ in said)
    unknown = {number for number, (outcome, _) in found.items() if outcome == "unknown"}
    right = {number for number, (_, text) in found.items() if text == repr(f"did {number}")}
    return Verdict(
        kills=kills,
        doubled=sum(count - 1 for count in times.values() if count > 1),
        lost=sum(count == 1 and number not in right | unknown for number, count in times.items()),
        invented=sum(times[number] == 0 for number in right),
        unanswered=sum(counts[number] != 1 for number in range(CALLS)),
        unknown=len(unknown),
        unsure=sum(times[number] > 0 for number in unknown),
        keys=sum(len({key for which, key in done if int(which) == number}) > 1 for number in times),
    )


def total(verdicts: Iterable[Verdict]) -> Verdict:
    """Add up."""
    found = [vars_of(verdict) for verdict in verdicts]
    return Verdict(**{name: sum(each[name] for each in found) for name in Verdict.__dataclass_fields__})


def vars_of(verdict: Verdict) -> dict[str, int]:
    """Return the figures of a verdict."""
    return {name: getattr(verdict, name) for name in Verdict.__dataclass_fields__}


def table(verdicts: dict[str, Verdict]) -> str:
    """Return a table of contenders, for people to read."""
    names = list(Verdict.__dataclass_fields__)
    lines = [["", *names], *[[who, *map(str, vars_of(found).values())] for who, found in verdicts.items()]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names) + 1)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def killed_at_random(contender: Contender, database: str, folder: Path, *, kills: int, seed: int = 0) -> Verdict:
    """Run and kill until so many kills have struck."""
    span = min(Trial(contender, database, folder, seed).undisturbed() for _ in range(3))
    found: list[Verdict] = []
    while sum(verdict.kills for verdict in found) < kills:
        seed += 1
        found.append(Trial(contender, database, folder, seed).at_random(span))
    return total(found)


@cache
def _context() -> Any:
    """Return processes that start in a few milliseconds: forked off one in which everything is imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "killed"])  # each process imports what runs the tests, too
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([*([before] if before else []), *paths])
    try:
        context.Process(target=_nothing).start()
    finally:
        os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)
    return context


def _nothing() -> None:
    """Start the server of processes."""


def _wait_for(connection: Any) -> float:
    if connection.poll(_PATIENCE):
        with suppress(EOFError):  # it has died before, which its exit code tells
            connection.recv()
    return time.monotonic()
