"""A batch: several questions at once, threads in their order, until all have come to their end."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape

from clovax_agents.checkpoints import open_checkpointer
from clovax_agents.cli.batching.answers import Answers
from clovax_agents.cli.batching.ledger import open_ledger
from clovax_agents.cli.batching.progress import watching
from clovax_agents.cli.batching.questions import read_questions
from clovax_agents.cli.batching.running import Asking, Outcome
from clovax_agents.cli.batching.summary import Summary
from clovax_agents.cli.batching.wording import say
from clovax_agents.cli.chatting.threads import Thread, Threads
from clovax_agents.cli.errors import describe
from clovax_agents.cli.graphs import default_graph, load_graph
from clovax_agents.cli.service import service
from clovax_agents.client.paces import LEAST_URGENT
from clovax_agents.errors import AuthenticationError, ConfigurationError, RequestError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.budgets import RunUsage
    from clovax_agents.cli.batching.ledger import Entry, Ledger
    from clovax_agents.cli.batching.progress import Watching
    from clovax_agents.cli.batching.questions import Question

__all__ = ["BatchOptions", "run_batch"]

_PATIENCE: Final = 10
"""After so many failures of the service in a row, the others are not asked now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """The options of the command, as they were typed."""

    questions: str
    out: str
    graph: str = ""
    concurrency: int = 8
    retry_failed: bool = False
    as_json: bool = False


def run_batch(options: BatchOptions, *, simulator: bool | None = None) -> int:
    """Ask what has not been answered yet; return the exit code.

    Raises:
        ConfigurationError: a file or an option that cannot be used, or a setting without which nothing works.
    """
    console, began = Console(stderr=True, highlight=False), monotonic()
    questions, out = read_questions(Path(options.questions).expanduser()), Path(options.out).expanduser()
    graph = options.graph or default_graph()
    with ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(beside(out, ".batch.sqlite")))
        ledger.belongs_to(graph)
        ledger.check(questions)
        ledger.reopen(["failed"] if options.retry_failed else [])
        answers = stack.enter_context(Answers(out, [one.line for one in ledger.settled()], ledger.entries))
        banner = stack.enter_context(service(simulator=simulator))
        console.print(f"[dim]clovax batch · {escape(graph)} · {escape(banner)}[/]", soft_wrap=True)
        asked = {one.id for one in questions}
        before = sum(one.id in asked and one.status != "needs_person" for one in ledger.settled())
        watch = stack.enter_context(watching(console, len(questions), before))
        batch = _Batch(ledger, answers, watch, Threads(_threads(out)), graph, options.concurrency)
        asyncio.run(batch.run(questions, _threads(out).absolute()))
    summary = Summary.of(questions, ledger, seconds=monotonic() - began)
    summary.tell(Console(highlight=False), out, _threads(out), as_json=options.as_json)
    return summary.exit_code


def beside(out: Path, suffix: str) -> Path:
    """Return the path of a file that goes with the answers."""
    return out.with_name(out.name.removesuffix(".jsonl") + suffix)


def _threads(out: Path) -> Path:
    return beside(out, ".sqlite")


@dataclass(slots=True)
class _Batch:
    """What a batch works with.

    Attributes:
        ledger: of what became of each question.
        answers: that people read.
        watch: who is told how far it has come.
        threads: that can be gone on with in a chat.
        graph: name of the graph.
        concurrency: threads at once.
        in_a_row: failures of the service without anything else in between.
        works: whether a question was answered by this process.
    """

    ledger: Ledger
    answers: Answers
    watch: Watching
    threads: Threads
    graph: str
    concurrency: int
    in_a_row: int = 0
    works: bool = False
    asking: Asking = field(init=False)

    async def run(self, questions: Sequence[Question], threads: Path) -> None:
        """Ask all of them; the first error that is more than one question's ends it."""
        waiting: dict[str, list[Question]] = {}
        for question in questions:
            waiting.setdefault(question.thread, []).append(question)
        LEAST_URGENT.set("low")
        gate = asyncio.Semaphore(self.concurrency)
        async with open_checkpointer(f"sqlite:///{threads}") as saver:
            self.asking = Asking(load_graph(self.graph).copy({"checkpointer": saver}))
            try:
                async with asyncio.TaskGroup() as tasks:
                    for group in waiting.values():
                        tasks.create_task(self._one_by_one(group, gate))
            except* Exception as errors:  # noqa: BLE001  # told below, without the group around it
                first = _first(errors)
                raise first from None

    async def _one_by_one(self, group: Sequence[Question], gate: asyncio.Semaphore) -> None:
        """Ask the questions of a thread in their order, until one of them does not come to its end."""
        async with gate:
            for question in group:
                entry = self.ledger.entries.get(question.id)
                if entry is None or entry.status in {"started", "needs_person"}:
                    entry = await self._ask(question, entry)
                if entry.status != "answered":
                    return

    async def _ask(self, question: Question, before: Entry | None) -> Entry:
        is_open = before is not None and before.status == "needs_person"
        entry = before if before is not None and is_open else self.ledger.begin(question)
        try:
            outcome = await self.asking.ask(question, before)
        except Exception as error:  # noqa: BLE001  # of whatever kind, it is one question's
            self._judge(error)
            told = {"error": describe(error).partition("\n")[0], "kind": type(error).__name__}
            outcome = Outcome("failed", told, entry.usage)
        else:
            self.in_a_row, self.works = 0, True
        if is_open and outcome.status == "needs_person":
            self.watch.settled(entry)
            return entry
        if outcome.status == "needs_person":
            self.threads.keep(Thread(self.graph, question.thread, usage=outcome.usage), question.title)
        return self._settle(self._known_to_chat(entry, outcome) if is_open else outcome, entry, changed=is_open)

    def _known_to_chat(self, entry: Entry, outcome: Outcome) -> Outcome:
        """Add what the conversation with the person has used."""
        return replace(outcome, usage=max(outcome.usage, self.threads.find(entry.thread).usage, key=_tokens))

    def _settle(self, outcome: Outcome, before: Entry, *, changed: bool) -> Entry:
        entry = self.ledger.settle(before, outcome.status, outcome.told, outcome.usage)
        if changed:
            self.answers.replace([one.line for one in self.ledger.settled()])
        else:
            self.answers.add(entry.line)
        self.watch.settled(entry)
        return entry

    def _judge(self, error: Exception) -> None:
        """Let errors through that every other question would meet, too."""
        if isinstance(error, AuthenticationError) or (isinstance(error, ConfigurationError) and not self.works):
            raise error
        if isinstance(error, ServiceError) and not isinstance(error, RequestError):
            self.in_a_row += 1
        if self.in_a_row > _PATIENCE:
            text = "the service fails again and again ({error}): run the same command again later"
            raise ConfigurationError(say(text, error=describe(error))) from error


def _tokens(usage: RunUsage) -> int:
    return usage.tokens


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
