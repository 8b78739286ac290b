"""What a run has used so far, in this process: everything below it finds its account in a context variable.

An agent inside of a tool has an account of its own, which draws from that of its caller. One lock for all accounts
makes checking and counting one step, so that calls side by side cannot share the last place.
"""

from __future__ import annotations

import math
import threading
import time
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clovax_agents.budgets.budget import Budget, Exceeded
from clovax_agents.budgets.usage import RunUsage, usage_of_call
from clovax_agents.capabilities import model_card
from clovax_agents.errors import BudgetExceededError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clovax_agents.budgets.budget import BudgetName, Scope

__all__ = ["ACCOUNT", "Account", "current_account"]

_LOCK: Final = threading.Lock()
_CALLS: Final = RunUsage(model_calls=1)


class Account:
    """What may be used and what was.

    Args:
        budget: whose limits hold.
        scope: of the budget.
        used: before this process took over.
        outer: that this one draws from, too.
        clock: seconds, of any beginning.

    Attributes:
        keeper: kept alive with the account.
    """

    def __init__(
        self,
        budget: Budget,
        *,
        scope: Scope = "run",
        used: RunUsage | None = None,
        outer: Account | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to count."""
        self.budget = budget
        self.scope: Scope = scope
        self.outer = outer
        self.keeper: object = None
        self._clock = clock
        self._began = clock()
        self._before = used or RunUsage()
        self._used = replace(self._before, seconds=0.0)
        self._recorded = self._before

    @property
    def used(self) -> RunUsage:
        """Everything until now."""
        return replace(self._used, seconds=self._before.seconds + self._clock() - self._began)

    def left(self) -> float:
        """Return the seconds that are left, by all budgets that hold; infinity without one."""
        return min(account._seconds_left() for account in self._all())  # noqa: SLF001  # of its own kind

    def exceeded(self) -> Exceeded | None:
        """Return the budget that lets nothing more be asked of a model."""
        found = (account._own_exceeded() for account in self._all())  # noqa: SLF001
        return next((one for one in found if one is not None), None)

    def begin_call(self, model: str) -> None:
        """Count a model call that is about to be sent.

        Raises:
            BudgetExceededError: it must not be.
            ConfigurationError: there is a budget of cost, and the model has no price.
        """
        accounts = [*self._all()]
        if model_card(model).price is None and any(account.budget.cost is not None for account in accounts):
            raise ConfigurationError(
                f"a budget of cost needs the price of {model!r}: add it with register_model(ModelCard(..., "
                "price=(KRW per 1,000 tokens of input, of output))), or limit tokens instead"
            )
        with _LOCK:
            if (over := self.exceeded()) is not None:
                raise exceeded_error(over)
            for account in accounts:
                account._used += _CALLS  # noqa: SLF001

    def add_tokens(self, model: str, read: int, written: int) -> None:
        """Count the tokens of a model call, and what they cost."""
        self.add(usage_of_call(model, read, written))

    def add(self, usage: RunUsage) -> None:
        """Count what was used, here and in all accounts that this one draws from."""
        with _LOCK:
            for account in self._all():
                account._used += usage  # noqa: SLF001

    def grant_tools(self, wanted: int) -> tuple[int, Exceeded | None]:
        """Count as many tool calls as there is room for.

        Args:
            wanted: number of calls.

        Returns:
            How many may run, and the budget that forbids the others.
        """
        with _LOCK:
            granted, tightest = wanted, None
            for account in self._all():
                limit, used = account.budget.tool_calls, account._used.tool_calls  # noqa: SLF001
                if limit is not None and limit - used < granted:
                    granted = max(limit - used, 0)
                    tightest = Exceeded("tool_calls", account.scope, limit, limit)
            for account in self._all():
                account._used += RunUsage(tool_calls=granted)  # noqa: SLF001
            return granted, tightest

    def out_of_time(self) -> BudgetExceededError:
        """Return the error for something that would not be done before the time is up."""
        first = min(self._all(), key=Account._seconds_left)
        return exceeded_error(Exceeded("seconds", first.scope, first.budget.seconds or 0.0, first.used.seconds))

    def unrecorded(self) -> RunUsage:
        """Return what was used since this was last asked."""
        with _LOCK:
            used = self.used
            new, self._recorded = used - self._recorded, used
            return new

    def _all(self) -> Iterator[Account]:
        account: Account | None = self
        while account is not None:
            yield account
            account = account.outer

    def _seconds_left(self) -> float:
        return math.inf if self.budget.seconds is None else self.budget.seconds - self.used.seconds

    def _own_exceeded(self) -> Exceeded | None:
        used, budget = self.used, self.budget
        names: tuple[BudgetName, ...] = ("model_calls", "tokens", "cost", "seconds")
        for name in names:
            limit: float | None = getattr(budget, name)
            if limit is not None and getattr(used, name) >= limit:
                return Exceeded(name, self.scope, limit, getattr(used, name))
        return None


def exceeded_error(over: Exceeded) -> BudgetExceededError:
    """Return the error for a budget that is used up."""
    text = f"the budget of the {over.scope} is used up: {over.name}={over.limit:g}, used {over.used:g}"
    return BudgetExceededError(text, name=over.name, scope=over.scope, limit=over.limit, used=over.used)


ACCOUNT: Final[ContextVar[Account | None]] = ContextVar("clovax_account", default=None)


def current_account() -> Account | None:
    """Return the account of the run that this code is part of; None where no budget holds."""
    return ACCOUNT.get()
