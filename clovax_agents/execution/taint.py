"""What has entered a conversation, and what may still be done in it: untrusted content, private data (fault S06).

Whoever writes what a model reads can make it call what he likes. So it is not asked what the text says, only where it
came from: it stays in the conversation, and tools that act on the outside need a person from there on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.tooling.context import CURRENT
from clovax_agents.tooling.labels import CARRIED, LABELS_KEY, labels_of, read_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clovax_agents.execution.plans import ToolPlan
    from clovax_agents.execution.requests import ToolsRequest
    from clovax_agents.tooling.context import ToolContext
    from clovax_agents.tooling.policy import Label, ToolPolicy

__all__ = [
    "CLEAN",
    "Guard",
    "Sighting",
    "Taint",
    "Untrusted",
    "Verdict",
    "is_guarded",
    "merge_taint",
    "taint_in",
    "verdict",
]

Taint: TypeAlias = "frozenset[Label]"
Untrusted = Literal["approve", "refuse", "allow"]
Verdict = Literal["run", "approve", "refuse"]

CLEAN: Final[Taint] = frozenset()
_CHOICES: Final = ("approve", "refuse", "allow")


def is_guarded(policy: ToolPolicy) -> bool:
    """Whether a tool acts on the outside: it sends something out of the house, or does what cannot be done twice."""
    return policy.effect == "once" or "exfiltration" in policy.labels


def verdict(policy: ToolPolicy, taint: Taint, untrusted: Untrusted) -> Verdict:
    """Return what is to become of a call. More taint never allows more.

    Args:
        policy: of the tool.
        taint: of the conversation, as the model knew it when it wrote the call.
        untrusted: what the agent does once untrusted content is there. Even ``"allow"`` keeps the rule of two: with
            untrusted content and private data, a person decides about what acts on the outside.

    Example:
        >>> from clovax_agents import ToolPolicy
        >>> mail = ToolPolicy(labels="exfiltration")
        >>> verdict(mail, CLEAN, "approve"), verdict(mail, frozenset({"untrusted_input"}), "approve")
        ('run', 'approve')
    """
    if "untrusted_input" not in taint or not is_guarded(policy):
        return "run"
    if untrusted == "allow":
        return "approve" if "private_data" in taint or "private_data" in policy.labels else "run"
    return untrusted


def merge_taint(old: Iterable[str] | None, new: Iterable[str] | None) -> list[str]:
    """Merge labels into those of the state: they only grow. A reducer, for a state of your own.

    Example:
        >>> merge_taint(["untrusted_input"], [])
        ['untrusted_input']
    """
    return sorted(read_labels(old) | read_labels(new))


def taint_in(messages: Sequence[Any], sources: Mapping[str, Taint]) -> Taint:
    """Return what a history carries: by the marks on its messages, and by the tools whose answers are in it.

    Args:
        messages: of any kind; those that are none carry nothing.
        sources: what the results of tools carry, by name. An answer counts for the tool that it names and for the one
            that was called, so that neither can be left out.
    """
    found: set[Label] = set()
    asking: Any = None
    for message in messages:
        metadata = getattr(message, "response_metadata", None)
        if metadata is None:
            found |= _in_dict(as_dict(message) or {}, sources)
            continue
        if metadata and LABELS_KEY in metadata:
            found |= labels_of(message)
        if sources:
            if message.type == "tool":
                found |= sources.get(message.name or "", CLEAN) | _called(asking, message.tool_call_id, sources)
            elif message.type == "ai":
                asking = message
    return frozenset(found)


def _called(asking: Any, call_id: str, sources: Mapping[str, Taint]) -> Taint:
    calls: Any = () if asking is None else (*asking.tool_calls, *asking.invalid_tool_calls)
    named = (sources.get(call["name"] or "", CLEAN) for call in calls if call["id"] == call_id)
    return next(named, CLEAN)


def _in_dict(message: Mapping[str, Any], sources: Mapping[str, Taint]) -> Taint:
    """Read a message that is still, or again, a dict."""
    metadata = as_dict(message.get("response_metadata")) or {}
    name = message.get("name")
    return read_labels(metadata.get(LABELS_KEY)) | (sources.get(name, CLEAN) if isinstance(name, str) else CLEAN)


@dataclass(frozen=True, slots=True)
class Guard:
    """What an agent does about taint, worked out once for its tools.

    Attributes:
        untrusted: once untrusted content is in a conversation, guarded calls are approved by a person, refused or run.
        sources: what the results of its tools carry, by name.
        shown: what carries whoever is shown its tools: strangers wrote the description of one.
        watches: one of its tools is guarded, so that there is something to decide.
    """

    untrusted: Untrusted
    sources: Mapping[str, Taint]
    shown: Taint
    watches: bool

    @classmethod
    def of(cls, plans: Mapping[str, ToolPlan], untrusted: Untrusted) -> Guard:
        """Work it out.

        Args:
            plans: of the tools.
            untrusted: as the user gave it.

        Raises:
            ConfigurationError: it is none of the three.
        """
        if untrusted not in _CHOICES:
            raise ConfigurationError(f"untrusted={untrusted!r}: it is one of {', '.join(map(repr, _CHOICES))}")
        sources = {name: plan.policy.labels & CARRIED for name, plan in plans.items()}
        return cls(
            untrusted=untrusted,
            sources={name: labels for name, labels in sources.items() if labels},
            shown=CLEAN.union(*(labels_of(plan.tool) for plan in plans.values())),
            watches=any(is_guarded(plan.policy) for plan in plans.values()),
        )

    def taint(self, messages: Sequence[Any] | None, kept: object = None, around: ToolContext | None = None) -> Taint:
        """Return what the conversation carries: its messages, what was kept of it, the run that it is part of.

        Args:
            messages: of the state; None if nobody shows them: they may carry whatever these tools can have brought in.
            kept: the state's own field, which survives the removal of messages; None where there is none.
            around: the tool's call that the agent runs inside of, if it does.
        """
        seen = CLEAN.union(*self.sources.values()) if messages is None else taint_in(messages, self.sources)
        inherited = CLEAN if around is None else around.taint | around.carried
        return seen | self.shown | inherited | read_labels(kept)

    def verdict(self, policy: ToolPolicy, taint: Taint) -> Verdict:
        """Return what is to become of a call."""
        return verdict(policy, taint, self.untrusted)

    def refused(self, plans: Mapping[str, ToolPlan], taint: Taint) -> frozenset[str]:
        """Return the names of the tools whose calls would be refused, whoever has approved them."""
        if not taint or self.untrusted != "refuse":
            return frozenset()
        return frozenset(name for name, plan in plans.items() if self.verdict(plan.policy, taint) == "refuse")

    def may_ask(self) -> bool:
        """Whether a person may have to be asked, however the conversation goes."""
        return self.watches and self.untrusted != "refuse"


class Sighting:
    """What the conversation of one visit of the tools node carries; looked for when somebody asks.

    Most visits need not know, and those that ask do so at any time, from inside of a tool, too.
    """

    __slots__ = ("_around", "_found", "_guard", "_request")

    def __init__(self, guard: Guard, request: ToolsRequest) -> None:
        self._guard = guard
        self._request = request
        self._around = CURRENT.get()  # who asks later may be inside of another call
        self._found: Taint | None = None

    def __call__(self) -> Taint:
        """Return it."""
        if self._found is None:
            self._found = self._guard.taint(self._request.messages, self._request.taint, self._around)
        return self._found

    def report(self, arrived: Taint) -> None:
        """Tell the call that this runs inside of what has been seen: its result carries that, too.

        Args:
            arrived: what has come in since.
        """
        if self._around is not None:
            self._around.carried.update(arrived | self())
