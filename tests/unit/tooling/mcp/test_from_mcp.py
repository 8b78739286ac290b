"""`Toolbox.from_mcp` against FastMCP servers over stdio, HTTP and SSE: names, policies, schemas, and where it runs."""

from __future__ import annotations

import asyncio
import gc
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langgraph.graph import MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from mcpserver import command, served
from scriptedmodel import ScriptedModel, asks
from toolruns import answers, call, outcomes

from clovax_agents import ToolExecutor, ToolPolicy
from clovax_agents.errors import ConfigurationError, ToolServerError
from clovax_agents.tool_schemas import schema_of
from clovax_agents.tooling import Toolbox

NAMES = ("get_price", "set_price", "hang", "get_pid", "fail", "pull_rug")
NODE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "size": {"$ref": "#/$defs/Size"}},
    "required": ["name"],
}
LISTED: list[dict[str, Any]] = [
    {
        "name": "nested",
        "description": "Take something nested.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "one": {"$ref": "#/$defs/Node"},
                "many": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            },
            "required": ["one"],
            "$defs": {"Node": NODE, "Size": {"type": "string", "enum": ["S", "L"]}},
        },
    },
    {
        "name": "reserved",
        "description": "Take arguments that LangChain and LangGraph have a use for.",
        "inputSchema": {
            "type": "object",
            "properties": {
                name: {"type": "string"}
                for name in ("config", "runtime", "run_manager", "callbacks", "state", "store", "tool_call_id", "self")
            },
        },
    },
    {"name": "shop.stock/count", "description": "Count.", "inputSchema": {"type": "object"}},
    {"name": "재고_조회", "description": "재고를 조회합니다.", "inputSchema": {"type": "object"}},
    {"name": "silent", "inputSchema": {"type": "object"}},
    {
        "name": "endless",
        "description": "Refer to itself.",
        "inputSchema": {"type": "object", "properties": {"next": {"$ref": "#"}}},
    },
    {"name": "deep", "description": "Be deep.", "inputSchema": json.loads('{"a": ' * 180 + "{}" + "}" * 180)},
    {"name": "long", "description": "x" * 30_000, "inputSchema": {"type": "object"}},
]
GOOD = ["nested", "reserved", "shop.stock/count", "silent"]


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the file of a listing."""
    path = tmp_path_factory.mktemp("mcp") / "tools.json"
    path.write_text(json.dumps(LISTED), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def shop() -> Iterator[Toolbox]:
    """Give the tools of a server over stdio."""
    box = Toolbox.from_mcp_sync({"shop": command()})
    yield box
    box.close()


def test_tools_are_taken_with_the_safe_policy(shop: Toolbox) -> None:
    """A server's word that its tool only reads is nobody's promise."""
    assert shop.names == NAMES
    assert {shop.policy(name).effect for name in shop.names} == {"once"}
    assert {shop.policy(name).labels for name in shop.names} == {frozenset({"untrusted_input"})}
    assert shop["get_price"].description == "Look up the price of a product."


async def test_options_choose_name_and_bind() -> None:
    """Only some, under other names, each with its policy."""
    mine = ToolPolicy(timeout=5, approval=True, labels={"private_data"})
    box = await Toolbox.from_mcp(
        {"my shop": command()},
        only=["get_price", "my shop/set_price", "fail"],
        rename={"fail": "break_it"},
        prefix=True,
        policy={"fail": mine},
        trust_annotations=True,
    )
    await box.aclose()
    assert box.names == ("my_shop_get_price", "my_shop_set_price", "my_shop_break_it")
    assert [box.policy(name).effect for name in box.names] == ["read", "idempotent", "once"]
    policy = box.policy("my_shop_break_it")
    assert (policy.timeout, policy.approval, policy.labels) == (5, True, {"private_data", "untrusted_input"})


async def test_one_policy_for_all_without_labels() -> None:
    """What is given is what holds, whatever the server says."""
    one = ToolPolicy(effect="idempotent")
    box = await Toolbox.from_mcp(
        command(), only=lambda name: "price" in name, policy=one, labels=(), prefix="p_", trust_annotations=True
    )
    await box.aclose()
    assert box.names == ("p_get_price", "p_set_price")
    assert {box.policy(name) for name in box.names} == {one}


async def test_two_servers_of_the_same_tools_clash_unless_prefixed() -> None:
    """The error names both servers and the way out."""
    with served() as http:
        both = {"one": command(), "two": http.url}
        with pytest.raises(ConfigurationError, match="two tools are named 'get_price'") as caught:
            await Toolbox.from_mcp(both)
        assert "'one'" in str(caught.value)
        assert "'two'" in str(caught.value)
        box = await Toolbox.from_mcp(both, prefix=True, only=["get_price"])
        made = [call("one_get_price", "a", product="tea"), call("two_get_price", "b", product="coffee")]
        assert [message.text for message in await answers(box, *made)] == ["3000", "6000"]
        await box.aclose()


async def test_tools_work_over_sse() -> None:
    """The older way over HTTP, as a connection of the adapter."""
    with served("sse") as http:
        box = await Toolbox.from_mcp({"shop": {"transport": "sse", "url": http.url}}, only="get_price")
        assert (await answers(box, call("get_price", product="tea")))[0].text == "3000"
        await box.aclose()


CALLS = (call("get_price", "a", product="tea"), call("set_price", "b", product="tea", price=7), call("fail", "c"))
RESULTS = ["3000", "tea: 7", "out of stock"]


@pytest.mark.parametrize("kind", ["executor", "node", "create_agent"])
@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
def test_tools_run_everywhere(kind: str, mode: str, shop: Toolbox) -> None:
    """Sync and async, in ours and in others' nodes, on one event loop after another; errors of tools are answers."""
    if kind == "create_agent":
        model = ScriptedModel(replies=[asks(*[(made["name"], made["args"]) for made in CALLS]), AIMessage("done")])
        graph: Any = create_agent(model, list(shop))
        start: Any = {"messages": [("user", "go")]}
    else:
        node: Any = ToolExecutor(shop) if kind == "executor" else ToolNode(shop.tools)
        graph = StateGraph(MessagesState).add_node("tools", node).set_entry_point("tools").compile()
        start = {"messages": [AIMessage("", tool_calls=list(CALLS), id="m1")]}
    for _ in range(2):
        state = graph.invoke(start) if mode == "invoke" else asyncio.run(graph.ainvoke(start))
        messages = [message for message in state["messages"] if message.type == "tool"]
        assert all(told in message.text for told, message in zip(RESULTS, messages, strict=True))
        assert [message.status for message in messages] == ["success", "success", "error"]
        if kind == "create_agent":
            break


async def test_a_tool_alone_can_be_asked(shop: Toolbox) -> None:
    """As any tool of LangChain's."""
    assert await shop["get_price"].ainvoke({"product": "tea"}) == "3000"
    assert await asyncio.to_thread(shop["get_price"].invoke, {"product": "tea"}) == "3000"


async def test_a_copy_under_another_name_asks_the_same_tool(shop: Toolbox) -> None:
    """The server never hears of our names."""
    box = shop.filter("get_price").rename({"get_price": "price"}).prefix("my_")
    assert (await answers(box, call("my_price", product="tea")))[0].text == "3000"


async def test_a_call_ends_when_its_time_is_over(
    shop: Toolbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By the policy that the box has for it, or else the tool itself; the server is still there afterwards."""
    monkeypatch.setenv("HANGING", str(tmp_path / "hanging"))
    strict = Toolbox().add(shop["get_pid"]).add(shop["hang"], policy=ToolPolicy(timeout=0.2))
    messages = await answers(strict, call("hang"), call("get_pid", "b"))
    assert outcomes(messages) == ["timeout", "success"]
    assert (await answers(strict, call("get_pid")))[0].text == messages[1].text


def test_a_session_ends_with_the_box_and_is_opened_again() -> None:
    """`close` ends the process; the next call has another; what nobody holds any more is ended, too."""
    box = Toolbox.from_mcp_sync(command(), only="get_pid")
    first = psutil.Process(int(box["get_pid"].invoke({})))
    box.close()
    assert not first.is_running()
    second = psutil.Process(int(box["get_pid"].invoke({})))
    assert second.is_running()
    del box
    gc.collect()
    second.wait(10)


def test_no_server_outlives_the_program() -> None:
    """Not even if nobody closes anything, and without a word on stderr."""
    program = (
        "from clovax_agents.tooling import Toolbox\n"
        f"box = Toolbox.from_mcp_sync({command()!r}, only='get_pid')\n"
        "print(box['get_pid'].invoke({}))\n"
    )
    line = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(line, capture_output=True, text=True, check=True)  # noqa: S603  # our own
    assert done.stderr == ""
    assert not psutil.pid_exists(int(done.stdout))


async def test_nested_and_reserved_arguments_reach_the_server(listing: str) -> None:
    """References are put in place for the model and checked here; no name is lost on the way."""
    box = await Toolbox.from_mcp({"shop": command(listing)}, only=GOOD)
    assert box.names == ("nested", "reserved", "shop_stock_count", "silent")
    properties = schema_of(box["nested"]).spec.parameters["properties"]
    assert properties["one"]["properties"]["size"]["enum"] == ["S", "L"]
    assert schema_of(box["silent"]).spec.description == "silent of shop"

    given = {"one": {"name": "a", "size": "S"}, "many": [{"name": "b"}]}
    reserved = {name: name.upper() for name in LISTED[1]["inputSchema"]["properties"]}
    messages = await answers(
        box,
        {**call("nested", "a"), "args": given},
        {**call("reserved", "b"), "args": reserved},
        call("shop_stock_count", "c"),
        {**call("nested", "d"), "args": {"one": {"name": "a", "size": "M"}}},
    )
    await box.aclose()
    assert json.loads(messages[0].text) == {"name": "nested", "arguments": given}
    assert json.loads(messages[1].text) == {"name": "reserved", "arguments": reserved}
    assert json.loads(messages[2].text)["name"] == "shop.stock/count"
    assert outcomes(messages) == ["success", "success", "success", "invalid"]


@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
@pytest.mark.soak(every=2)
async def test_reserved_arguments_reach_the_server_from_langchains_agent(mode: str, listing: str) -> None:
    """Its own configuration does not take their place."""
    box = await Toolbox.from_mcp({"shop": command(listing)}, only="reserved")
    reserved = {"config": "C", "run_manager": "R", "callbacks": "B", "state": "S"}
    agent: Any = create_agent(ScriptedModel(replies=[asks(("reserved", reserved)), AIMessage("done")]), list(box))
    start: Any = {"messages": [("user", "go")]}
    state = await agent.ainvoke(start) if mode == "ainvoke" else await asyncio.to_thread(agent.invoke, start)
    await box.aclose()
    assert json.loads(state["messages"][2].text)["arguments"] == reserved


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"only": "endless"}, "refers to itself"),
        ({"only": "deep"}, "of the MCP server 'shop' has a schema that is nested deeper"),
        ({"only": "long"}, "of the MCP server 'shop' has a description of 30,000 characters"),
        ({"only": "재고_조회"}, "give it another with rename="),
        ({"only": "nested", "prefix": "p" * 60}, "give it another with rename="),
        ({"only": "nestd"}, "did you mean"),
        ({"only": "nested", "rename": {"nestd": "x"}}, "did you mean"),
        ({"only": "nested", "policy": {"nestd": ToolPolicy()}}, "did you mean"),
    ],
    ids=["endless", "deep", "long", "korean", "long-name", "only", "rename", "policy"],
)
@pytest.mark.soak(every=6)
async def test_what_cannot_be_taken_is_said(options: dict[str, Any], told: str, listing: str) -> None:
    """By name, with the way out."""
    with pytest.raises(ConfigurationError, match=told):
        await Toolbox.from_mcp({"shop": command(listing)}, **options)


async def test_a_korean_name_is_given_another(listing: str) -> None:
    """The server hears its own."""
    address = {"shop": command(listing)}
    box = await Toolbox.from_mcp(address, only="재고_조회", rename={"재고_조회": "get_stock"})
    assert json.loads((await answers(box, call("get_stock")))[0].text)["name"] == "재고_조회"
    await box.aclose()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"pin": "always"}, "'check' or 'write'"),
        ({"pin": "write"}, "needs a file"),
        ({"pin": "write", "pins": {}}, "needs a file"),
        ({"connect_timeout": 0}, "number of seconds"),
        ({"connect_timeout": math.inf}, "number of seconds"),
        ({"labels": ["secret"]}, "labels"),
        ({"policy": "read"}, "ToolPolicy"),
        ({"policy": {"a": "read"}}, "ToolPolicy"),
    ],
    ids=["pin", "no-file", "no-file-but-hashes", "no-time", "for-ever", "label", "policy", "policies"],
)
async def test_options_that_cannot_work_are_refused_before_anything_starts(options: dict[str, Any], told: str) -> None:
    """No process is started for them."""
    with pytest.raises(ConfigurationError, match=told):
        await Toolbox.from_mcp(["/nowhere/server"], **options)
    with pytest.raises(TypeError, match="pinned"):
        await Toolbox.from_mcp(["/nowhere/server"], pinned=True)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "address",
    [
        ["/nowhere/server"],
        [sys.executable, "-c", "pass"],
        [sys.executable, "-c", "import sys; sys.stdin.read()"],
        "http://127.0.0.1:1/mcp",
    ],
    ids=["no-program", "ends", "silent", "refused"],
)
@pytest.mark.soak(every=2)
async def test_a_server_that_is_not_there_is_said_to_be_away(address: Any) -> None:
    """In time, with its name and why, and no process is left behind."""
    children = {process.pid for process in psutil.Process().children()}
    with pytest.raises(ToolServerError, match="cannot be reached, so nothing was run"):
        await Toolbox.from_mcp({"shop": address}, connect_timeout=3)
    assert {process.pid for process in psutil.Process().children()} <= children


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    for name in [name for name in sys.modules if name.startswith("clovax_agents.tooling.mcp.s")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "langchain_mcp_adapters", None)
    with pytest.raises(ConfigurationError, match=r'pip install "clovax-agents\[mcp\]"'):
        Toolbox.from_mcp_sync("http://127.0.0.1:1/mcp")
