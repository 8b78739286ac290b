"""A test fails whose scripted models were not used up, and only such a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Project

pytest_plugins = ["pytester"]

IMPORTS = "import pytest\nfrom clovax_agents.testing import ScriptedChatModel, ScriptedReply\n\n"


def test_replies_that_are_left_over_fail_the_test(project: Project) -> None:
    """Nobody has to ask for it, and the replies are named."""
    project.write(f"{IMPORTS}def test_it():\n    ScriptedChatModel(['하나', '둘']).invoke('?')\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["1 of 2 replies of the scripted model were never asked for:", "  2: '둘'"])


def test_a_swallowed_request_fails_the_test(project: Project) -> None:
    """Code that goes on after any error cannot hide that it asked once more."""
    project.write(
        f"{IMPORTS}def test_it():\n    model = ScriptedChatModel(['하나'])\n    model.invoke('?')\n"
        "    with pytest.raises(Exception):\n        model.invoke('또?')\n"
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["The scripted model has no reply for request 2; its script has 1*", "  human: 또?"])


def test_a_failing_test_is_not_blamed_twice(project: Project) -> None:
    """If the test itself fails, only that is told."""
    project.write(f"{IMPORTS}def test_it():\n    ScriptedChatModel(['하나'])\n    assert 1 == 2\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*never asked for*")


def test_models_of_fixtures_are_looked_after(project: Project) -> None:
    """A fixture makes one for each test; one that lives longer is its maker's to check."""
    project.write(
        f"{IMPORTS}@pytest.fixture\ndef model():\n    return ScriptedChatModel(['하나'])\n\n"
        "@pytest.fixture(scope='module')\ndef shared():\n    return ScriptedChatModel(['하나', '둘'])\n\n"
        "EVERYWHERE = ScriptedChatModel(['하나'])\n\n"
        "def test_used(model, shared):\n    model.invoke('?')\n    shared.invoke('?')\n\n"
        "def test_idle(model): ...\n\ndef test_shared(shared):\n    shared.invoke('?')\n"
    )
    result = project.run()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*FAILED*test_idle*1 of 1 replies*"])


def test_a_reply_that_may_repeat_must_have_answered_once(project: Project) -> None:
    """A function that answers everything may answer nothing."""
    project.write(
        f"{IMPORTS}def test_never():\n    ScriptedChatModel([ScriptedReply('네', repeat=True)])\n\n"
        "def test_function():\n    ScriptedChatModel(lambda request: '네')\n"
    )
    project.run().assert_outcomes(passed=1, failed=1)
