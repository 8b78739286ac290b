"""How long a tool may take where the whole run has a deadline: the shorter of both."""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from clovax_agents.budgets.accounts import current_account
from clovax_agents.errors import ToolRefusedError
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["time_of_run", "within_run"]

_OVER = "the time of this run is over, so it was not run"


def within_run(seconds: float) -> float:
    """Return the seconds that something may take.

    Raises:
        ToolRefusedError: the run has no time left.
    """
    account = current_account()
    if account is None:
        return seconds
    if (left := account.left()) <= 0:
        raise ToolRefusedError(say(_OVER))
    return min(seconds, left)


@asynccontextmanager
async def time_of_run() -> AsyncGenerator[None]:
    """Wait no longer than the run has time.

    Raises:
        ToolRefusedError: the time is over.
    """
    account = current_account()
    left = math.inf if account is None else account.left()
    try:
        async with asyncio.timeout(None if left == math.inf else max(left, 0.0)):
            yield
    except TimeoutError:
        raise ToolRefusedError(say(_OVER)) from None
