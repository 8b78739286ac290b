"""Rules on policies (L50 to L58): what a tool seems to do, against what its policy says may be done with its calls."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.tooling.lint.doing import Doing
from clovax_agents.tooling.lint.finding import Finding
from clovax_agents.tooling.policy import ToolPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.tooling.lint.subject import Subject

__all__ = ["check_policy"]

_DEFAULT: Final = ToolPolicy()


def check_policy(subject: Subject) -> Iterator[Finding]:
    """Say where a policy is missing or contradicts what the tool seems to do."""
    policy = subject.policy
    if policy is None:
        return
    doing = Doing(subject)
    for rule, values in (*_effects(subject, policy, doing), *_labels(policy, doing), *_settings(policy)):
        yield Finding(rule, subject.name, values=values)


def _effects(subject: Subject, policy: ToolPolicy, doing: Doing) -> Iterator[tuple[str, dict[str, Any]]]:
    if doing.writes and not subject.has_policy_of_its_own:
        yield "L50", {"word": doing.writes}
    if doing.reads and policy.effect == "once":
        yield "L51", {"word": doing.reads}
    if doing.writes and policy.effect == "read":
        yield "L52", {"word": doing.writes}
    if doing.is_grave and policy.effect != "read" and not policy.approval:
        yield "L53", {"word": doing.is_grave}


def _labels(policy: ToolPolicy, doing: Doing) -> Iterator[tuple[str, dict[str, Any]]]:
    wanted = {"untrusted_input", "exfiltration"} if doing.takes_address else {"untrusted_input"}
    if doing.fetches and (missing := sorted(wanted - policy.labels)):
        yield "L54", {"word": doing.fetches, "labels": ", ".join(map(repr, missing))}
    if doing.sends and "exfiltration" not in policy.labels:
        yield "L55", {"word": doing.sends}
    if doing.tells_of_persons and "private_data" not in policy.labels:
        yield "L56", {"word": doing.tells_of_persons}


def _settings(policy: ToolPolicy) -> Iterator[tuple[str, dict[str, Any]]]:
    if policy.memory != _DEFAULT.memory and policy.runs_in != "process":
        yield "L57", {"setting": "memory", "why": "only runs_in='process' has memory of its own"}
    if policy.backoff != _DEFAULT.backoff and not policy.retries:
        yield "L57", {"setting": "backoff", "why": "there are no retries"}
    if policy.group is not None and policy.concurrency is None and policy.rate is None:
        yield "L57", {"setting": "group", "why": "neither concurrency nor rate_limit is set"}
    if policy.runs_in == "process" and math.isinf(policy.timeout):
        yield "L57", {"setting": "runs_in='process'", "why": "with timeout=math.inf it is never killed"}
    if policy.rate is not None and policy.rate.seconds > policy.timeout:
        yield "L58", {"rate": str(policy.rate), "timeout": policy.timeout}
