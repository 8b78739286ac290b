"""Tools that run an agent of their own inside of a worker process: they have to be found by name."""

from langchain_core.messages import AIMessage, HumanMessage

from clovax_agents import ToolExecutor, ToolPolicy, get_tool_context, tool


@tool(policy=ToolPolicy(effect="read", labels="untrusted_input"))
def read_page() -> str:
    """Read a page."""
    return "a page"


@tool(policy=ToolPolicy(effect="idempotent", labels="exfiltration", scopes={"orders:read"}))
def send() -> str:
    """Send something out."""
    return "sent"


@tool(policy=ToolPolicy(effect="read", scopes={"admin"}))
def rule() -> str:
    """Do what only an administrator may."""
    return "ruled"


def _outcomes(*names: str) -> str:
    calls: list[AIMessage | HumanMessage] = [
        AIMessage("", tool_calls=[{"name": name, "args": {}, "id": f"c{n}"} for n, name in enumerate(names)])
    ]
    widened = {"configurable": {"scopes": ["admin", "orders:read"]}}
    answers = ToolExecutor([read_page, send, rule]).invoke(calls, widened)
    return ", ".join(f"{answer.name} {answer.status}" for answer in answers)


def act() -> str:
    """Have an agent there send something, and try what it may not."""
    return f"{_outcomes('send', 'rule')}, {sorted(get_tool_context().scopes)}"


def read(fails: bool) -> str:  # noqa: FBT001  # arguments of tools are keywords
    """Have an agent there read a page."""
    told = _outcomes("read_page")
    if fails:
        raise ValueError(told)
    return told
