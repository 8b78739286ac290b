"""What a batch is killed in: an agent with the tools of FunctionChat, each of whose calls leaves a line in a file."""

import json
import os
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

from clovax_agents import ChatClovaX, Toolbox, ToolPolicy
from clovax_agents.prebuilt import react_agent
from clovax_agents.tooling import get_tool_context

DATA = Path(__file__).parents[1] / "data" / "functionchat-singlecall.jsonl"


def utterances() -> list[str]:
    """Return the hundred utterances."""
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    return [query["content"] for row in rows for query in row["query"]]


def _tools() -> list[BaseTool]:
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    declared = [entry["content"][0] for row in rows for entry in row["tools"] if entry["type"] == "exact"]
    return [_leaving_a_line(tool["function"]) for tool in declared]


def _leaving_a_line(function: dict[str, Any]) -> BaseTool:
    def effect(**arguments: Any) -> dict[str, Any]:
        line = f"{get_tool_context().idempotency_key} {function['name']}\n"
        handle = os.open(os.environ["BATCH_EFFECTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, line.encode())
        os.close(handle)
        return arguments

    parameters = {"type": "object", "properties": {}, **function.get("parameters", {})}
    return StructuredTool(
        name=function["name"], description=function["description"], args_schema=parameters, func=effect
    )


def graph() -> Any:
    """Return the agent: every call of a tool may take effect once."""
    box = Toolbox().add(*_tools(), policy=ToolPolicy(effect="once"))
    return react_agent(model=ChatClovaX(model="HCX-005"), tools=box)
