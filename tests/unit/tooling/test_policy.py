"""`ToolPolicy`: what cannot work is refused where it is written, and says what would."""

import asyncio
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import tool as langchain_tool

from clovax_agents import Rate, Toolbox, ToolPolicy, tool
from clovax_agents.errors import ConfigurationError, ToolDefinitionError


async def _later(_: Any) -> str:
    await asyncio.sleep(0)
    return ""


class _Later:
    """Something that is called and awaited."""

    async def __call__(self, _: Any) -> str:
        return ""


def _named(setting: dict[str, Any]) -> str:
    """Name a case so that it has the same name in every process."""
    return " ".join(f"{name}={'function' if callable(value) else value}" for name, value in setting.items())


def test_the_defaults_do_no_harm() -> None:
    """A tool about which nothing is known runs once, in its own time, and shares its result with its equals."""
    policy = ToolPolicy()
    assert (policy.effect, policy.retries, policy.when_repeated) == ("once", 0, "share")
    assert 0 < policy.timeout < math.inf
    assert policy.cache_ttl is None
    assert not policy.needs_approval({})


@pytest.mark.parametrize(
    "setting",
    [
        {"effect": "write"},
        {"effect": ["once"]},
        {"timeout": 0},
        {"timeout": math.nan},
        {"timeout": "5"},
        {"timeout": True},
        {"retries": 11, "effect": "read"},
        {"retries": 1.5, "effect": "read"},
        {"retries": True, "effect": "read"},
        {"backoff": -1},
        {"backoff": math.inf},
        {"runs_in": "elsewhere"},
        {"runs_in": []},
        {"memory": 1000},
        {"memory": "1G"},
        {"concurrency": 0},
        {"concurrency": "3"},
        {"group": 5},
        {"rate_limit": 5},
        {"sequential": "no"},
        {"interrupts": 1},
        {"approval": "yes"},
        {"approval": _later},
        {"scopes": None},
        {"scopes": [1]},
        {"cache_ttl": 0, "effect": "read"},
        {"cache_ttl": math.nan, "effect": "read"},
        {"max_result_tokens": 0},
        {"max_result_tokens": 1.5},
        {"redact": "x"},
        {"redact": _later},
        {"return_direct": "no"},
        {"validate": "x"},
        {"validate": _later},
        {"validate": _Later()},
        {"repeats": "ignore"},
        {"repeats": []},
        {"reconcile": 5},
    ],
    ids=_named,
)
def test_a_setting_that_cannot_be_is_refused_by_name(setting: dict[str, Any]) -> None:
    """The error names the setting, what was given, and what it may be; it never is a bare TypeError."""
    name = next(iter(setting))
    with pytest.raises(ConfigurationError, match=rf"ToolPolicy\({name}=.*: {name} is "):
        ToolPolicy(**setting)


@pytest.mark.parametrize(
    "setting",
    [
        {"timeout": math.inf},
        {"timeout": 1},
        {"retries": 10, "effect": "idempotent"},
        {"backoff": 0},
        {"memory": 1 << 26},
        {"concurrency": 1, "group": "db"},
        {"rate_limit": Rate(1, 0.5)},
        {"approval": lambda _: True},
        {"cache_ttl": 0.5, "effect": "read"},
        {"reconcile": _later},
        {"return_direct": False},
        {"repeats": "run"},
    ],
    ids=_named,
)
def test_what_may_be_said_is_taken(setting: dict[str, Any]) -> None:
    """The ends of every range belong to it, and a hook that asks a service may be async."""
    policy = ToolPolicy(**setting)
    assert all(getattr(policy, name) == value for name, value in setting.items())


def test_settings_that_contradict_each_other_are_refused() -> None:
    """What may run once cannot be tried again, nor answered from before; a question needs its graph."""
    with pytest.raises(ConfigurationError, match="retries would run a tool twice"):
        ToolPolicy(retries=1)
    with pytest.raises(ConfigurationError, match="cache_ttl is for tools that only read"):
        ToolPolicy(cache_ttl=1)
    with pytest.raises(ConfigurationError, match="needs its graph beside it"):
        ToolPolicy(interrupts=True, runs_in="process")
    with ThreadPoolExecutor(1) as pool, pytest.raises(ConfigurationError, match="needs its graph beside it"):
        ToolPolicy(interrupts=True, runs_in=pool)


@pytest.mark.parametrize("given_", ["admin", ["admin"], ("admin",), {"admin"}, frozenset({"admin"})])
def test_scopes_are_names_however_they_are_given(given_: Any) -> None:
    """One text is one scope, not its letters."""
    assert ToolPolicy(scopes=given_).scopes == {"admin"}


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10/min", Rate(10, 60)),
        ("1/2s", Rate(1, 2)),
        (" 100 / hour ", Rate(100, 3600)),
        ("5/10 minutes", Rate(5, 600)),
        ("1/d", Rate(1, 86400)),
    ],
)
def test_a_rate_is_read(text: str, rate: Rate) -> None:
    """In the ways in which people write it."""
    assert ToolPolicy(rate_limit=text).rate == rate


@pytest.mark.parametrize("text", ["fast", "0/min", "1/0s", "1/00s", "-1/min", "1/week", "1.5/min", "", "1/", "/min"])
def test_a_rate_that_says_nothing_is_refused(text: str) -> None:
    """With an example of one that does."""
    with pytest.raises(ConfigurationError, match="10/min"):
        ToolPolicy(rate_limit=text)


@pytest.mark.parametrize("numbers", [(0, 1), (1, 0), (1, -1), (1, math.inf), (1, math.nan), ("1", 1), (True, 1)])
def test_a_rate_of_ones_own_lets_something_in_and_not_everything(numbers: Any) -> None:
    """A window of nothing would fail at the first call instead."""
    with pytest.raises(ConfigurationError, match="is no limit"):
        Rate(*numbers)


@given(st.text(max_size=30))
def test_any_text_is_a_rate_or_a_configuration_error(text: str) -> None:
    """Nothing else comes out of reading one."""
    try:
        rate = Rate.of(text)
    except ConfigurationError:
        return
    assert rate.calls >= 1
    assert rate.seconds > 0


def test_a_question_that_fails_means_yes() -> None:
    """To ask a person is the safe side."""
    policy = ToolPolicy(approval=lambda arguments: arguments["amount"] > 100)
    assert policy.needs_approval({"amount": 500})
    assert not policy.needs_approval({"amount": 5})
    assert policy.needs_approval({})


def test_what_is_no_policy_is_refused_at_the_tool() -> None:
    """Not at the first call."""
    for given_ in ("read", {"effect": "read"}):
        with pytest.raises(ConfigurationError, match="is no ToolPolicy"):
            tool(policy=given_)  # type: ignore[call-overload]
        with pytest.raises(ConfigurationError, match="is no ToolPolicy"):
            Toolbox().add(policy=given_)  # type: ignore[arg-type]


def test_a_sync_function_does_not_run_inline() -> None:
    """It would hold up everybody on the loop."""

    def look() -> str:
        """Look."""
        return ""

    with pytest.raises(ToolDefinitionError, match="block everybody"):
        tool(policy=ToolPolicy(runs_in="inline"))(look)


def test_the_box_comes_before_the_tool_and_the_tool_before_the_default() -> None:
    """Whoever puts a tool into a box has the last word about it."""

    @tool(policy=ToolPolicy(effect="read"))
    def ours() -> str:
        """Look."""
        return ""

    @langchain_tool
    def theirs() -> str:
        """Look."""
        return ""

    box = Toolbox(ours, theirs)
    assert [box.policy(name).effect for name in ("ours", "theirs")] == ["read", "once"]
    more = Toolbox().add(ours, theirs, policy=ToolPolicy(effect="idempotent"))
    assert [more.policy(name).effect for name in ("ours", "theirs")] == ["idempotent", "idempotent"]
    assert more.add(policy=ToolPolicy(timeout=1)).policy("ours").effect == "idempotent"
