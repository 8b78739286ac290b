"""What a loop is answered with: a note for the model, an answer without tools, or the end, said in words: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from langchain_core.messages import AIMessage

from clovax_agents.execution.texts import one_line
from clovax_agents.execution.wording import say
from clovax_agents.recovering.marks import Taken, marked
from clovax_agents.recovering.steps import NO_TOOLS, Step

if TYPE_CHECKING:
    from clovax_agents.recovering.loops import Loop
    from clovax_agents.recovering.steps import Reach

__all__ = ["loop_step", "stopped_by"]

_NOTE: Final = (
    "You have now called {names} {count} times in a row with the same arguments. Calling again brings nothing new: "
    "answer with what you have, or call something else."
)
_STOPPED: Final = (
    "I stopped here: {names} was called {count} times in a row with the same arguments, and that led to no answer. "
    "Please ask in another way, or with more details."
)
_MOST_NAMES: Final = 5


def loop_step(loop: Loop, reach: Reach) -> Step:
    """Return how the model is asked in a loop: with a note, and in the end without tools where it knows how."""
    note = say(_NOTE, names=_named(loop), count=loop.times)
    if loop.severity == "note" or not reach.is_clovax:
        return Step(kind="loop", step="note", note=note)
    return Step(kind="loop", step="no_tools", note=f"{note}\n\n{say(NO_TOOLS)}", options=reach.no_tools)


def stopped_by(loop: Loop) -> AIMessage:
    """Return the answer of a run that ends because of a loop."""
    text = say(_STOPPED, names=_named(loop), count=loop.times)
    return marked(AIMessage(text), [Taken("loop", "stopped")])


def _named(loop: Loop) -> str:
    return ", ".join(map(one_line, loop.names[:_MOST_NAMES]))
