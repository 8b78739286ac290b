"""S10: a thousand tools, descriptions of megabytes, schemas that are deep or explode, and names made for regexes.

What is counted here are operations, not seconds: four times the tools may take four times the work and a little more.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import StructuredTool
from scriptedmodel import asks
from toolruns import answers, call, outcomes

from clovax_agents import ChatClovaX, ToolExecutor, ToolPolicy, tool, tool_schemas
from clovax_agents.errors import ConfigurationError
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator import BrainReply, ScriptBrain, ScriptStep, SimulatorServer, ToolCall
from clovax_agents.tooling import Toolbox
from clovax_agents.tooling.sizes import MOST_CHARACTERS, MOST_DEPTH
from clovax_agents.wire import schema as wire_schema

Schema = dict[str, Any]


@cache
def _many(count: int, batch: str = "") -> tuple[Any, ...]:
    def run(n: int, text: str = "") -> str:
        """Take a number and a text."""
        return f"{n}{text}"

    del batch  # tools of another are other tools
    return tuple(tool(name=f"tool_{number:04}", policy=ToolPolicy(effect="read"))(run) for number in range(count))


def _operations(work: Callable[[], Any]) -> int:
    """Return how many Python functions a piece of work calls."""
    count = 0

    def counted(_: Any, event: str, __: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def _found_again(tools: tuple[Any, ...]) -> Any:
    box = Toolbox(*tools)
    return [box[name] for name in box.names]


WORK: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "add": lambda tools: Toolbox().add(*tools, policy=ToolPolicy(effect="read")),
    "filter": lambda tools: Toolbox(*tools).filter([made.name for made in tools[::2]]),
    "without": lambda tools: Toolbox(*tools).without([made.name for made in tools[::2]]),
    "prefix": lambda tools: Toolbox(*tools).prefix("x_"),
    "combine": lambda tools: Toolbox().combine(*[Toolbox(made) for made in tools]),
    "visible": lambda tools: Toolbox().add(*tools, policy=ToolPolicy(scopes={"a"})).visible(["b"]),
    "find": _found_again,
    "execute": ToolExecutor,
    "agent": lambda tools: react_agent(tools=tools).compile(),
}


@pytest.mark.parametrize("name", WORK)
@pytest.mark.soak(every=9)
def test_building_takes_work_in_proportion_to_the_tools(name: str) -> None:
    """Four times the tools: not much more than four times the calls, whatever is built."""
    few, more = _many(100, name), _many(400, name)
    WORK[name](_many(3, name))  # what is worked out once per process is not counted
    assert _operations(lambda: WORK[name](more)) < 4.4 * _operations(lambda: WORK[name](few))


@pytest.mark.soak
async def test_a_turn_works_nothing_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a thousand tools, no schema is converted, written or planned after the first turn."""
    counts = {"converted": 0, "written": 0}

    def counting(module: Any, name: str, key: str) -> None:
        original = getattr(module, name)

        def counted(*given: Any, **more: Any) -> Any:
            counts[key] += 1
            return original(*given, **more)

        monkeypatch.setattr(module, name, counted)

    counting(tool_schemas, "convert_to_openai_tool", "converted")
    counting(tool_schemas, "accepted_schema", "written")
    replies = [
        BrainReply(tool_calls=(ToolCall("tool_0007", {"n": 1}),)),
        BrainReply(tool_calls=(ToolCall("tool_0999", {"n": 2}),)),
        BrainReply("done"),
    ]
    with SimulatorServer(brain=ScriptBrain(map(ScriptStep, replies))) as server:
        model = ChatClovaX(api_key="nv-test", base_url=server.base_url, max_retries=0)
        graph: Any = react_agent(model=model, tools=_many(1000)).compile()
        start: Any = {"messages": [("user", "go")]}
        seen = [dict(counts) async for _ in graph.astream(start, stream_mode="updates")]
    assert seen[0] == {"converted": 1000, "written": 1000}
    assert seen[-1] == seen[0]
    assert len(seen) == 5


def _raw(schema: Schema | None = None, name: str = "raw", description: str = "Do it.") -> StructuredTool:
    given = schema or {"type": "object", "properties": {}}
    return StructuredTool(name=name, description=description, args_schema=given, func=lambda **_: "done")


def _deep(levels: int) -> Schema:
    schema: Schema = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def _chained(levels: int, key: str, width: int = 1) -> Schema:
    """Return definitions that refer to one another: as deep as there are, or as many as the width to their power."""
    names = "abcdefgh"[:width]
    definitions: Schema = {
        f"d{level}": {
            "type": "object",
            "properties": {name: {"$ref": f"#/{key}/d{level + 1}"} for name in names},
        }
        for level in range(levels)
    }
    definitions[f"d{levels}"] = {"type": "string"}
    return {"type": "object", "properties": {"x": {"$ref": f"#/{key}/d0"}}, key: definitions}


def _merged(levels: int) -> Schema:
    definitions: Schema = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 4} for level in range(levels)}
    definitions[f"d{levels}"] = {"type": "string"}
    return {"type": "object", "properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": definitions}


REFUSED_BY_A_BOX = {
    "deep": (lambda: _raw(_deep(MOST_DEPTH)), "nested deeper than 128 levels"),
    "bottomless": (lambda: _raw(_deep(100_000)), "nested deeper than 128 levels"),
    "broad": (lambda: _raw({"properties": {f"p{n}": {} for n in range(30_000)}}), "more than 20,000 parts"),
    "long-enum": (lambda: _raw({"properties": {"a": {"enum": ["x" * 10] * 30_000}}}), "more than 20,000 parts"),
    "long-text": (lambda: _raw({"description": "x" * 10_000_000}), "200,000 characters"),
    "long-key": (lambda: _raw({"properties": {"x" * 10_000_000: {}}}), "200,000 characters"),
    "description": (lambda: _raw(description="x" * 10_000_000), "a description of 10,000,000 characters"),
    "name": (lambda: _raw(name="a" * 10_000_000), "a name of 10,000,000 characters"),
}


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", REFUSED_BY_A_BOX)
def test_what_is_too_large_is_refused_when_the_box_is_built(name: str) -> None:
    """With what is too large and how large it may be, in a text that is short itself."""
    make, told = REFUSED_BY_A_BOX[name]
    with pytest.raises(ConfigurationError, match=told) as caught:
        Toolbox(make())
    assert len(str(caught.value)) < 500


def test_what_is_just_small_enough_is_not() -> None:
    """The limits are where they say."""
    assert len(Toolbox(_raw(_deep(MOST_DEPTH // 2 - 1)), _raw(name="b", description="x" * MOST_CHARACTERS))) == 2


EXPLODING = {
    "chain": lambda: _chained(2_000, "$defs"),
    "chain-of-old": lambda: _chained(2_000, "definitions"),
    "laughs": lambda: _chained(30, "$defs", width=8),
    "laughs-of-old": lambda: _chained(30, "definitions", width=8),
    "merged": lambda: _merged(30),
}


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", EXPLODING)
@pytest.mark.soak(every=5)
def test_references_that_explode_are_refused_before_they_do(name: str) -> None:
    """Whoever writes them out: the service's form, the check of a tool, and LangChain's own conversion."""
    schema = EXPLODING[name]()
    for write in (
        lambda: wire_schema.accepted_schema(schema, "raw"),
        lambda: wire_schema.written_out(schema, "raw"),
        lambda: tool_schemas.schema_of(_raw(schema)),
    ):
        with pytest.raises(ConfigurationError, match=r"nested too deeply|more than 20000 parts"):
            write()


@pytest.mark.parametrize("levels", [300, 5_000])
def test_a_deep_schema_is_an_error_of_ours_wherever_it_comes_up(levels: int) -> None:
    """Not a RecursionError out of the middle of a library."""
    for write in (
        lambda: wire_schema.accepted_schema(_deep(levels), "raw"),
        lambda: tool_schemas.schema_of(_raw(_deep(levels))),
        lambda: tool_schemas.spec_of(tool_schemas.schema_of(_deep(levels) | {"title": "raw", "description": "Do it."})),
    ):
        with pytest.raises(ConfigurationError, match="nested too deeply"):
            write()


HOSTILE_NAMES = {
    "backtracking": "a" * 50_000 + "!",
    "dashes": "-_" * 50_000,
    "almost": "tool_000" * 20_000,
    "escape": "\x1b[2J" * 20_000,
    "surrogates": "\ud800" * 50_000,
}


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.soak(every=4)
async def test_a_name_that_is_made_to_be_slow_is_answered_shortly(name: str) -> None:
    """By an executor with a thousand tools, by a box, and by the decorator."""
    hostile = HOSTILE_NAMES[name]
    tools = _many(1000)
    answer = (await ToolExecutor(tools).ainvoke([asks((hostile, {"n": 1}))]))[0]
    assert outcomes([answer]) == ["unknown_tool"]
    assert len(answer.text) < 1000
    with pytest.raises(KeyError) as missing:
        Toolbox(*tools)[hostile]
    with pytest.raises(ConfigurationError) as renamed:
        Toolbox(*tools).rename({"tool_0000": hostile})
    with pytest.raises(ConfigurationError) as decorated:
        tool(name=hostile)(lambda: "")
    for caught in (missing, renamed, decorated):
        assert len(str(caught.value)) < 1000
        assert str(caught.value).isprintable()


PATTERNS = {
    "nested": "^(a+)+$",
    "alternatives": "^(a|a)*$",
    "look-ahead": r"^(?=a)(a+)+\1$",
    "look-behind": "^(a+)+(?<!b)$",
    "lazy": "^(.*?,){25}P$",
}


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", PATTERNS)
async def test_a_pattern_that_is_made_to_be_slow_ends(name: str) -> None:
    """In a schema of a stranger's, against arguments made for it: refused, and soon."""
    schema = {"type": "object", "properties": {"text": {"type": "string", "pattern": PATTERNS[name]}}}
    for length in (30, 200_000):
        messages = await answers([_raw(schema)], call("raw", text="a" * length + "!"))
        assert outcomes(messages) == ["invalid"]
        assert len(messages[0].text) < 5_000


async def test_a_thousand_tools_answer_like_one() -> None:
    """The last of them is found like the first."""
    executor = ToolExecutor(_many(1000))
    message = AIMessage("", id="m1", tool_calls=[call("tool_0000", "a", n=1), call("tool_0999", "b", n=2)])
    assert [answer.text for answer in await executor.ainvoke([message])] == ["1", "2"]
