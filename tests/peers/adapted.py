"""Our supervisor and swarm behind the names and options of langgraph-supervisor and langgraph-swarm."""

from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.graph import START, MessagesState, StateGraph

from clovax_agents.handoffs import Agent
from clovax_agents.prebuilt import supervisor_agent, swarm_agent


def create_supervisor(
    agents: list[Any],
    *,
    model: Any,
    tools: Any = None,
    output_mode: str = "last_message",
    add_handoff_messages: bool = True,
    supervisor_name: str = "supervisor",
    include_agent_name: str | None = None,
    **options: Any,
) -> Any:
    """Build our supervisor of agents that say when they give the conversation back, as theirs do.

    The names that theirs writes into contents are left out: in our supervisor's view, an answer is the result of the
    call that asked for it.
    """
    del include_agent_name
    kept = [tool for tool in tools or () if getattr(tool, "name", "") != "forward_message"]
    team = [
        Agent(runs=_returning(agent, output_mode, supervisor_name, says_so=add_handoff_messages), name=agent.name)
        for agent in agents
    ]
    named: Any = _Named(model, supervisor_name)
    return supervisor_agent(agents=team, model=named, tools=kept, output="full", name=supervisor_name, **options)


def create_swarm(agents: list[Any], *, default_active_agent: str, **options: Any) -> Any:
    """Build our swarm of their agents."""
    return swarm_agent(agents=agents, default=default_active_agent, **options)


def _returning(agent: Any, output_mode: str, supervisor: str, *, says_so: bool) -> Any:
    """Return an agent that answers as ``output_mode`` says, and says that it gives the conversation back."""

    def run(state: Any, config: RunnableConfig) -> dict[str, list[BaseMessage]]:
        given = {message.id for message in state["messages"]}
        new = [m for m in agent.invoke(state, config)["messages"] if m.id not in given]
        call = {"name": f"transfer_back_to_{supervisor}", "args": {}, "id": str(uuid4())}
        back = AIMessage(f"Transferring back to {supervisor}", tool_calls=[call], name=agent.name)
        done = ToolMessage(f"Successfully transferred back to {supervisor}", name=call["name"], tool_call_id=call["id"])
        kept = new if output_mode == "full_history" else new[-1:]
        return {"messages": [*kept, *([back, done] if says_so else [])]}

    graph: Any = StateGraph(MessagesState)
    graph.add_node("run", run)
    graph.add_edge(START, "run")
    return graph.compile(name=agent.name)


class _Named:
    """A model whose messages carry the supervisor's name, which theirs writes into the very message it was given."""

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self._name = name

    def bind_tools(self, tools: Any) -> Any:
        return self._model.bind_tools(tools) | RunnableLambda(self._named)

    def _named(self, message: Any) -> Any:
        message.name = self._name
        return message
