"""The models of an agent by their roles, and the nodes that they are in the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from langgraph.graph import START

from clovax_agents.errors import ConfigurationError
from clovax_agents.nodes import ModelNode
from clovax_agents.nodes.budgeted import TO_THE_END, BudgetedModel
from clovax_agents.nodes.model import redacted_model
from clovax_agents.nodes.roles import RoleNode
from clovax_agents.nodes.sight import Sight
from clovax_agents.nodes.steps import StepNode, look, plan_with, way_with
from clovax_agents.notes import next_step, viewed
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.roles import checked_roles
from clovax_agents.state import AgentState  # noqa: TC001  # LangGraph reads annotations at run time
from clovax_agents.tooling import Toolbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable, RunnableConfig
    from langchain_core.tools import BaseTool
    from langgraph.graph import StateGraph

    from clovax_agents.nodes.accounts import Budgets
    from clovax_agents.recovering import Recovery
    from clovax_agents.roles import Role, Roles

__all__ = ["DEFAULT_MODEL", "Team"]

DEFAULT_MODEL: Final = "HCX-007"
"""The best of the models at calling tools; it does not think while it does."""
_BEFORE: Final[tuple[Role, ...]] = ("vision", "routing", "reasoning")
"""Roles that come before the first tool call, in this order."""
_END: Final = "__end__"


@dataclass(frozen=True, slots=True)
class Team:
    """Who does what in an agent.

    Attributes:
        models: by their roles; there is always one for tools.
        sight: says which tools a model is shown.
        redact: of what the models say.
        max_turns: how often the model may answer one user message.
        recovery: what to do when the models fail that talk to the user.
    """

    models: Mapping[str, BaseChatModel | str]
    sight: Sight
    redact: Callable[[str], str] | None
    max_turns: int
    recovery: Recovery = DEFAULT_RECOVERY

    @classmethod
    def of(cls, model: BaseChatModel | str | None, models: Roles | None, **more: Any) -> Team:
        """Put a team together.

        Args:
            model: for tools, as an agent of one model names it.
            models: by their roles.
            **more: the other attributes.

        Raises:
            ConfigurationError: two models for one role, a role that does not exist, or one that cannot work.
        """
        roles = cast("dict[str, BaseChatModel | str]", checked_roles({} if models is None else models))
        if model is not None and "tools" in roles:
            raise ConfigurationError("model= and models={'tools': ...} are two names of one setting: give one of them")
        if "routing" in roles and "answer" not in roles:
            raise ConfigurationError(
                "models={'routing': ...} decides between tools and an answer at once, so it needs a model for the "
                "latter: add 'answer', or leave 'routing' out"
            )
        return cls({"tools": DEFAULT_MODEL if model is None else model, **roles}, **more)

    @property
    def answering(self) -> tuple[str, ...]:
        """The node that writes the answer, if it is one of its own."""
        return ("answer",) if "answer" in self.models else ()

    def given(self, role: Role) -> BaseChatModel | str | Callable[[], BaseChatModel]:
        """Return the model of a role, as nodes take it."""
        model = self.models[role]
        return model if self.redact is None else redacted_model(model, self.redact)

    def seeing(self, node: ModelNode) -> Runnable[Any, Any]:
        """Return the node of the model that calls tools, as it works with the others."""
        if len(self.models) == 1:
            return node
        return RoleNode(node, answered_by=next(iter(self.answering), None), max_turns=self.max_turns)

    def members(
        self, prompt: str | None, budgets: Budgets
    ) -> Iterator[tuple[str, Runnable[Any, Any], tuple[str, ...]]]:
        """Give the nodes of the other roles: name, node, and where to go from there.

        Args:
            prompt: system prompt of the agent, for whoever writes its answer.
            budgets: of the agent.
        """
        tasks = {"vision": look, "routing": way_with(self._shown), "reasoning": plan_with(self._shown)}
        for role in self._before():
            step = StepNode(role, self.given(role), tasks[role], self._next)
            yield (
                role,
                BudgetedModel(step, budgets, model=self.models[role], ways=TO_THE_END),
                (*self._behind(role), _END),
            )
        if "answer" in self.models:
            writer = ModelNode(
                model=self.given("answer"),
                tools=Toolbox(),
                prompt=prompt,
                max_turns=self.max_turns,
                route=TO_THE_END.route,
                sight=Sight.over(Toolbox(), self.sight.executor),
                recovery=self.recovery,
                role="answer",
            )
            node = RoleNode(writer, answered_by=None, max_turns=self.max_turns)
            yield "answer", BudgetedModel(node, budgets, model=self.models["answer"], ways=TO_THE_END), (_END,)

    def begin(self, graph: StateGraph[Any, Any, Any, Any]) -> None:
        """Draw the edges from the start: past the steps for which there is nothing to do."""
        if steps := self._before():
            graph.add_conditional_edges(START, self._next, [steps[0], *self._behind(steps[0])])
        else:
            graph.add_edge(START, "model")

    def _before(self) -> list[Role]:
        return [role for role in _BEFORE if role in self.models]

    def _behind(self, role: Role) -> tuple[str, ...]:
        """Return where a step can lead to."""
        steps = self._before()
        answer = self.answering if "routing" in self.models else ()
        return (*steps[steps.index(role) + 1 :], "model", *answer)

    def _next(self, state: AgentState) -> str:
        return next_step(state["messages"], state.get("notes") or {}, self.models)

    def _shown(self, state: AgentState, config: RunnableConfig | None) -> Iterable[BaseTool]:
        """Return the tools that the model is shown which calls them."""
        _, hidden = self.sight.of(state, config)
        names = self.sight.names(viewed(state["messages"], state.get("notes") or {}), hidden)
        return [self.sight.box[name] for name in names]
