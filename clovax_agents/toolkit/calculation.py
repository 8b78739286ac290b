"""`calculator`: exact arithmetic, because models do not calculate exactly."""

from typing import Annotated, Final

from pydantic import Field

from clovax_agents.tooling import ToolPolicy, tool
from clovax_agents.toolkit.arithmetic import evaluate, in_korean_units, render
from clovax_agents.toolkit.arithmetic.functions import FUNCTIONS
from clovax_agents.toolkit.compute_wording import say

__all__ = ["calculator"]

_ABOUT: Final = say(
    "Calculate exactly. Use it for every sum, discount, ratio, growth rate or compound interest instead of "
    "calculating yourself"
)
_EXPRESSION: Final = say(
    "Numbers with + - * / ** ( ), remainder a % b, percent 15%, thousands separators, Korean numerals (3억 5천만, 1만 "
    "2천원), and functions: {functions}. Separate arguments by ';' if numbers have thousands separators. "
    "Example: growth(12500; 15000)",
    functions=", ".join(function.shown for function in FUNCTIONS.values()),
)


@tool(description=_ABOUT, policy=ToolPolicy(effect="read", timeout=10))
def calculator(expression: Annotated[str, Field(description=_EXPRESSION)]) -> dict[str, str | bool]:
    """Return the value of an expression: ``result``, ``korean`` from 만 on, ``rounded`` if it has no end."""
    value = evaluate(expression)
    result, exact = render(value)
    korean = in_korean_units(value)
    found: dict[str, str | bool] = {"result": result}
    return found | ({"korean": korean} if korean else {}) | ({} if exact else {"rounded": True})
