"""Which tools a run may see: by its scopes, and by what a policy's predicate says of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from clovax_agents import ToolPolicy
from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling import RunView, Toolbox


def ping() -> str:
    """Answer."""
    return "pong"


def _box(**policy: Any) -> Toolbox:
    return Toolbox().add(ping, policy=ToolPolicy(**policy))


def test_all_scopes_are_needed() -> None:
    """One of two is not enough, and more than needed does no harm."""
    box = _box(scopes={"a", "b"})
    assert box.visible().names == ()
    assert box.visible(["a"]).names == ()
    assert box.visible(["a", "b", "c"]).names == ("ping",)


def test_one_text_for_scopes_is_refused() -> None:
    """It would be read letter by letter."""
    with pytest.raises(ConfigurationError, match="give a list"):
        _box(scopes={"a"}).visible("a")


def test_the_predicate_sees_the_run() -> None:
    """Its scopes, context, state and user."""
    seen: list[RunView] = []

    def sees(run: RunView) -> bool:
        seen.append(run)
        return run.context == {"plan": "pro"} and run.state["n"] > 1

    box = _box(visible_when=sees)
    assert box.visible(["a"], context={"plan": "pro"}, state={"n": 2}, user="kim").names == ("ping",)
    assert box.visible(context={"plan": "free"}, state={"n": 2}).names == ()
    assert (seen[0].scopes, seen[0].user) == ({"a"}, "kim")


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
@pytest.mark.parametrize(
    "predicate",
    [lambda run: run.context["missing"], lambda _: None, lambda _: asyncio.sleep(0, 1)],
    ids=["fails", "nothing", "coroutine"],
)
def test_a_predicate_that_does_not_say_yes_says_no(predicate: Any) -> None:
    """To show less is the safe side."""
    assert _box(visible_when=predicate).visible(context={}).names == ()


@pytest.mark.parametrize("wrong", [True, "yes", asyncio.sleep], ids=["bool", "text", "async"])
def test_what_is_no_predicate_is_refused_where_it_is_written(wrong: Any) -> None:
    """An async one would never have been awaited."""
    with pytest.raises(ConfigurationError, match="visible_when is a function of the run"):
        ToolPolicy(visible_when=wrong)


def test_a_box_without_conditions_is_the_same_box() -> None:
    """Nothing is asked, nothing is copied."""
    box = Toolbox(ping)
    assert box.visible() is box
    assert not box.is_gated


def test_visibility_goes_along_with_a_new_name() -> None:
    """A renamed or prefixed tool is no way around it."""
    box = _box(visible_when=lambda run: run.user == "kim").prefix("net_")
    assert box.is_gated
    assert (box + Toolbox(ping)).visible().names == ("ping",)
    assert box.visible(user="kim").names == ("net_ping",)
