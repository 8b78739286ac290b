"""What a batch has come to: for a person, or as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Self

from rich.markup import escape

from clovax_agents.budgets import RunUsage
from clovax_agents.cli.batching.wording import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from clovax_agents.cli.batching.ledger import Ledger
    from clovax_agents.cli.batching.questions import Question

__all__ = ["EXIT_NOT_ALL", "Summary"]

EXIT_NOT_ALL: Final = 3
"""Exit code where questions failed, need a person, or were not asked."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many questions stand how.

    Attributes:
        questions: in all.
        answered: have an answer.
        failed: can be tried again.
        needs_person: wait for a decision.
        not_asked: because of one before them in their thread.
        tokens: of all.
        cost: in KRW, VAT excluded.
        unpriced_tokens: of models without a known price.
        seconds: that it took this time.
        open_threads: of those that wait for a person.
    """

    questions: int
    answered: int
    failed: int
    needs_person: int
    not_asked: int
    tokens: int
    cost: float
    unpriced_tokens: int
    seconds: float
    open_threads: tuple[str, ...]

    @classmethod
    def of(cls, questions: Sequence[Question], ledger: Ledger, *, seconds: float) -> Self:
        """Count."""
        entries = [ledger.entries[one.id] for one in questions if one.id in ledger.entries]
        counts = Counter(entry.status for entry in entries)
        usage = sum((entry.usage for entry in entries), RunUsage())
        return cls(
            questions=len(questions),
            answered=counts["answered"],
            failed=counts["failed"],
            needs_person=counts["needs_person"],
            not_asked=len(questions) - sum(counts[name] for name in ("answered", "failed", "needs_person")),
            tokens=usage.tokens,
            cost=round(usage.cost, 2),
            unpriced_tokens=usage.unpriced_tokens,
            seconds=round(seconds, 1),
            open_threads=tuple(entry.thread for entry in entries if entry.status == "needs_person"),
        )

    @property
    def exit_code(self) -> int:
        """0 if every question has its answer."""
        return 0 if self.answered == self.questions else EXIT_NOT_ALL

    def tell(self, console: Console, out: Path, threads: Path, *, as_json: bool) -> None:
        """Say it.

        Args:
            console: for people.
            out: the answers.
            threads: where they are kept.
            as_json: print JSON on standard output instead.
        """
        if as_json:
            print(json.dumps({**asdict(self), "answers": str(out), "threads": str(threads)}, ensure_ascii=False))
            return
        counted = "{answered} of {questions} answered, {failed} failed, {waiting} need a person, {left} not asked"
        names = {"answered": self.answered, "questions": self.questions, "failed": self.failed}
        console.print(say(counted, **names, waiting=self.needs_person, left=self.not_asked))
        spent = say("{tokens:,} tokens · ₩{cost:,.2f} · {seconds:.1f} s", tokens=self.tokens, cost=self.cost,
                    seconds=self.seconds)  # fmt: skip
        console.print(f"[dim]{spent} · {escape(str(out))}[/]", soft_wrap=True)
        for thread in self.open_threads[:_SHOWN]:
            hint = say("to decide: clovax chat --db {db} --thread {thread}, then /resume", db=threads, thread=thread)
            console.print(f"[yellow]{escape(hint)}[/]", soft_wrap=True)
        if self.failed:
            console.print(f"[yellow]{say('to try the failed ones again: the same command with --retry-failed')}[/]")
