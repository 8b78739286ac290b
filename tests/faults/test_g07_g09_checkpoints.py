"""G07-G09: damaged, forged, older and newer checkpoints: one kind of error, no code runs, an earlier one is found."""

import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import ormsgpack
import psycopg
import pytest
from goldencheckpoints import ALLOW, KEY, MESSAGES, OURS, SHARED, golden
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from ormsgpack import Ext, packb
from scriptedmodel import ScriptedModel, asks

from clovax_agents import ToolPolicy, tool
from clovax_agents.checkpoints import MessageSerializer, alast_readable, last_readable, open_checkpointer
from clovax_agents.checkpoints.envelope import Envelope
from clovax_agents.errors import CheckpointError
from clovax_agents.prebuilt import react_agent

SERDE = MessageSerializer(allow=ALLOW)
SIGNED = MessageSerializer(allow=ALLOW, key=KEY)
SEAL = Envelope()
THREAD: Any = {"configurable": {"thread_id": "t"}}


@pytest.mark.parametrize("serde", [SERDE, SIGNED], ids=["checksum", "signature"])
@pytest.mark.parametrize("name", OURS)
def test_g07_a_flipped_byte_anywhere_is_noticed(name: str, serde: MessageSerializer) -> None:
    """At every place of the bytes."""
    tag, data = serde.dumps_typed(OURS[name])
    random = Random(name)  # noqa: S311
    for place in range(len(data)):
        broken = bytearray(data)
        broken[place] ^= random.randrange(1, 256)
        with pytest.raises(CheckpointError, match="damaged"):
            serde.loads_typed((tag, bytes(broken)))


@pytest.mark.parametrize("serde", [SERDE, SIGNED], ids=["checksum", "signature"])
@pytest.mark.parametrize("name", OURS)
def test_g07_truncated_bytes_are_noticed(name: str, serde: MessageSerializer) -> None:
    """Of every length; so is anything behind the end."""
    tag, data = serde.dumps_typed(OURS[name])
    for length in range(len(data)):
        with pytest.raises(CheckpointError, match="damaged"):
            serde.loads_typed((tag, data[:length]))
    with pytest.raises(CheckpointError, match="damaged"):
        serde.loads_typed((tag, data + b"\x00"))


@given(st.sampled_from(sorted(OURS)), st.lists(st.tuples(st.integers(0), st.integers(1, 255)), min_size=2, max_size=6))
def test_g07_more_flipped_bytes_are_noticed(name: str, flips: list[tuple[int, int]]) -> None:
    """The two that made None of a message without a word, for instance."""
    tag, data = SERDE.dumps_typed(OURS[name])
    broken = bytearray(data)
    for place, change in flips:
        broken[place % len(data)] ^= change
    if broken != data:
        with pytest.raises(CheckpointError):
            SERDE.loads_typed((tag, bytes(broken)))


@given(st.data())
def test_g07_damage_to_what_the_stock_serializer_wrote_is_no_other_error(data: st.DataObject) -> None:
    """It has no checksum, so not all of it can be noticed."""
    tag, stored = data.draw(st.sampled_from(list(golden("langgraph-checkpoint-4.3.json").values())))
    broken = bytearray(stored)
    for _ in range(data.draw(st.integers(1, 4))):
        if broken:
            broken[data.draw(st.integers(0, len(broken) - 1))] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(broken)))
    for found in (bytes(broken), bytes(broken[:cut])):
        try:
            SERDE.loads_typed((tag, found))
        except CheckpointError:
            continue


@tool(policy=ToolPolicy(effect="read"), response_format="content_and_artifact")
def look(what: str) -> tuple[str, dict[str, Any]]:
    """Look something up.

    Args:
        what: to look up
    """
    return what, LC


LC: dict[str, Any] = {
    "lc": 1,
    "type": "constructor",
    "id": ["langchain_core", "messages", "HumanMessage"],
    "kwargs": {"content": "injected"},
}


def _memory(saver: Any, change: Callable[[bytes], bytes]) -> None:
    key = max(key for key in saver.blobs if key[2] == "messages")
    tag, data = saver.blobs[key]
    saver.blobs[key] = (tag, change(data))


def _sqlite(saver: Any, change: Callable[[bytes], bytes]) -> None:
    connection: sqlite3.Connection = saver.conn
    row = connection.execute("SELECT rowid, checkpoint FROM checkpoints ORDER BY checkpoint_id DESC LIMIT 1").fetchone()
    connection.execute("UPDATE checkpoints SET checkpoint = ? WHERE rowid = ?", (change(row[1]), row[0]))
    connection.commit()


def _postgres(saver: Any, change: Callable[[bytes], bytes]) -> None:
    with saver.conn.connection() as connection:
        row = connection.execute(
            "SELECT version, blob FROM checkpoint_blobs WHERE channel = 'messages' ORDER BY version DESC LIMIT 1"
        ).fetchone()
        connection.execute(
            "UPDATE checkpoint_blobs SET blob = %s WHERE channel = 'messages' AND version = %s",
            (change(bytes(row["blob"])), row["version"]),
        )


DAMAGE: dict[str, Callable[[Any, Callable[[bytes], bytes]], None]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "postgres": _postgres,
}
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "flipped": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "truncated": lambda data: data[: len(data) // 2],
    "empty": lambda _: b"",
}


@pytest.fixture(params=DAMAGE)
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Any]]:
    """Give each kind of checkpointer, with a run that has ended."""
    url = {"memory": "memory", "sqlite": f"sqlite:///{tmp_path}/c.sqlite"}.get(request.param)
    with open_checkpointer(url or request.getfixturevalue("postgres_url")) as saver:
        agent(saver, asks(("look", {"what": "x"})), AIMessage("first", id="m2")).invoke(
            {"messages": [HumanMessage("go", id="q")]}, THREAD
        )
        yield request.param, saver


def agent(saver: Any, *replies: AIMessage) -> Any:
    """Return an agent that says this."""
    return react_agent(model=ScriptedModel(replies=list(replies)), tools=[look]).compile(checkpointer=saver)


@pytest.mark.parametrize("change", CHANGES)
def test_g07_a_run_on_a_damaged_checkpoint_says_so_and_an_earlier_one_is_found(
    broken: tuple[str, Any], change: str
) -> None:
    """The error names the function that finds the one to go on from, and the run goes on from there."""
    kind, saver = broken
    DAMAGE[kind](saver, CHANGES[change])
    with pytest.raises(CheckpointError, match="last_readable"):
        agent(saver, AIMessage("never", id="m3")).invoke({"messages": [HumanMessage("on", id="q2")]}, THREAD)
    found: Any = last_readable(saver, THREAD)
    assert [message.id for message in saver.get_tuple(found).checkpoint["channel_values"]["messages"]][:2] == [
        "q",
        "m1",
    ]
    graph = agent(saver, AIMessage("second", id="m4"))
    graph.update_state(found, None, as_node="__copy__")
    state = graph.invoke(None, THREAD)
    assert state["messages"][-1].text == "second"
    assert state["messages"][2].artifact == LC


def test_g07_what_has_no_readable_checkpoint_has_none() -> None:
    """A thread that there is not, or one whose only checkpoint is damaged, of any serializer."""
    saver = InMemorySaver(serde=JsonPlusSerializer())
    assert last_readable(saver, THREAD) is None
    agent(saver, AIMessage("first", id="m2")).invoke({"messages": [HumanMessage("go", id="q")]}, THREAD)
    saver.blobs = {key: (tag, data[:-3]) for key, (tag, data) in saver.blobs.items()}
    saver.writes.clear()
    found: Any = last_readable(saver, THREAD, most=2)
    assert found is None


async def test_g07_the_same_for_async_checkpointers(tmp_path: Path) -> None:
    """With pending writes that are damaged, too."""
    async with open_checkpointer(f"sqlite:///{tmp_path}/c.sqlite") as saver:
        connection: Any = vars(saver)["conn"]
        graph = agent(saver, asks(("look", {"what": "x"})), AIMessage("first", id="m2"))
        await graph.ainvoke({"messages": [HumanMessage("go", id="q")]}, THREAD)
        newest = await alast_readable(saver, THREAD)
        assert newest == (await saver.aget_tuple(THREAD)).config  # type: ignore[union-attr]
        ids = [found.config["configurable"]["checkpoint_id"] async for found in saver.alist(THREAD)]
        await connection.execute("UPDATE checkpoints SET checkpoint = x'00' WHERE checkpoint_id = ?", (ids[0],))
        await connection.execute("UPDATE writes SET value = x'00' WHERE checkpoint_id = ?", (ids[1],))
        await connection.commit()
        earlier = await alast_readable(saver, THREAD)
        assert earlier is not None
        assert earlier["configurable"]["checkpoint_id"] == ids[2]


class Marks:
    """Runs something when a pickle of it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self._path}",)


def sealed(value: Any) -> tuple[str, bytes]:
    """Return bytes with the right checksum, as whoever writes into the database can make them."""
    return SEAL.tag, SEAL.seal([packb(value, option=ormsgpack.OPT_NON_STR_KEYS)])


def nested(code: int, inner: Any, times: int) -> Ext:
    """Return values within values."""
    found = Ext(code, packb(inner))
    for _ in range(times):
        found = Ext(code, packb(found))
    return found


def fields(message: Any, **changes: Any) -> bytes:
    """Return the fields of a message, some of them forged."""
    return packb({**vars(message), **changes})


HUMAN, AI, TOOL = MESSAGES[1], MESSAGES[4], MESSAGES[3]
FORGED: dict[str, Any] = {
    "unknown_kind": Ext(127, packb(1)),
    "class_by_name": Ext(40, packb(["os.system", "touch {marker}"])),
    "class_by_module": Ext(40, packb(["subprocess.Popen", {"args": "touch {marker}", "shell": True}])),
    "registered_class_with_odd_parts": Ext(40, packb(["item", {"number": "x"}])),
    "registered_class_with_a_text": Ext(40, packb(["order", "x"])),
    "registered_name_is_a_list": Ext(40, packb([["item"], {}])),
    "registered_without_parts": Ext(40, packb(["item"])),
    "enum_value_that_is_none": Ext(40, packb(["colour", "blue"])),
    "content_is_a_number": Ext(50, fields(HUMAN, content=5)),
    "content_holds_numbers": Ext(50, fields(HUMAN, content=[5])),
    "calls_are_texts": Ext(51, fields(AI, tool_calls=["pay"])),
    "call_without_arguments": Ext(51, fields(AI, tool_calls=[{"name": "pay", "id": "c"}])),
    "calls_are_a_dict": Ext(51, fields(AI, tool_calls={"name": "pay"})),
    "id_is_a_list": Ext(51, fields(AI, id=[])),
    "call_id_is_a_number": Ext(53, packb({"content": "x", "tool_call_id": 5})),
    "message_is_a_list": Ext(51, packb([1, 2])),
    "message_is_nothing": Ext(51, b""),
    "message_without_content": Ext(51, packb({})),
    "batch_of_unknown_codes": Ext(49, packb([[99], [{"content": "x"}]])),
    "batch_of_a_value_as_message": Ext(49, packb([[40], [["os.system", "touch {marker}"]]])),
    "batch_of_uneven_lists": Ext(49, packb([[50, 50], [{"content": "x"}]])),
    "batch_is_a_number": Ext(49, packb(5)),
    "tuple_of_a_number": Ext(0, packb(5)),
    "set_of_lists": Ext(1, packb([[1]])),
    "deque_with_odd_length": Ext(3, packb([[1], "x"])),
    "pairs_with_a_list_as_key": Ext(4, packb([[[1], 2]])),
    "pairs_that_are_texts": Ext(4, packb(["abc"])),
    "half_text": Ext(5, packb(b"\xff")),
    "int_of_a_text": Ext(6, packb("5")),
    "no_date": Ext(11, packb("yesterday")),
    "no_moment": Ext(10, packb(["2026", 5, "UTC"])),
    "endless_timedelta": Ext(13, packb([10**12, 0, 0])),
    "zone_of_a_path": Ext(15, packb("../../etc/passwd")),
    "zone_of_an_absolute_path": Ext(15, packb("/etc/passwd")),
    "zone_that_is_not": Ext(15, packb("Mars/Olympus")),
    "decimal_of_a_list": Ext(16, packb([0, [1], 0])),
    "uuid_too_short": Ext(17, packb(b"x")),
    "path_of_a_number": Ext(18, packb(5)),
    "send_to_a_number": Ext(20, packb([5, None, None])),
    "send_without_arguments": Ext(20, packb([])),
    "command_of_too_much": Ext(21, packb([1] * 9)),
    "interrupt_with_a_list_as_id": Ext(22, packb([1, [], None])),
    "document_of_numbers": Ext(30, packb([1, 2, 3])),
    "deeper_than_any": nested(23, 1, 101),
    "very_deep": nested(23, 1, 3000),
    "key_that_cannot_be_one": Ext(0, b"\x81\x91\x01\x01"),
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("where", ["alone", "in_a_checkpoint", "in_an_artifact"])
def test_g08_forged_values_are_refused(name: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the right checksum, wherever they stand: one kind of error, and nothing runs."""
    monkeypatch.chdir(tmp_path)
    value: Any = FORGED[name]
    if where == "in_a_checkpoint":
        value = {"v": 4, "channel_values": {"messages": [value]}}
    if where == "in_an_artifact":
        # written by hand: our own serializer would not
        row = packb({**vars(TOOL), "artifact": value})
        value = Ext(49, packb([[53], [ormsgpack.Fragment(row)]]))
    with pytest.raises(CheckpointError) as caught:
        SERDE.loads_typed(sealed(value))
    assert len(str(caught.value)) < 400
    assert list(tmp_path.iterdir()) == []


RAW: dict[str, bytes] = {
    "nothing": b"",
    "lists_in_lists": b"\x91" * 100_000,
    "promised_list": b"\xdd\xff\xff\xff\xff",
    "promised_dict": b"\xdf\xff\xff\xff\xff",
    "promised_text": b"\xdb\xff\xff\xff\xff",
    "promised_value": b"\xc9\xff\xff\xff\xff\x33",
    "reserved_byte": b"\xc1",
    "text_that_is_none": b"\xa2\xff\xff",
}


@pytest.mark.parametrize("name", RAW)
@pytest.mark.parametrize("tag", ["clovax/1", "msgpack"])
def test_g08_bytes_that_are_no_msgpack_are_refused(name: str, tag: str) -> None:
    """Whoever is said to have written them; what they promise is not made room for."""
    data = RAW[name] if tag == "msgpack" else SEAL.seal([RAW[name]])
    with pytest.raises(CheckpointError):
        SERDE.loads_typed((tag, data))


def stock(code: int, *parts: Any) -> bytes:
    """Return what LangGraph's own serializer reads as a call."""
    return packb({"channel_values": {"messages": [Ext(code, packb(list(parts)))]}})


def pickled(marker: Path) -> bytes:
    """Return a pickle that leaves a mark."""
    import pickle  # noqa: PLC0415

    return pickle.dumps(Marks(marker))


STOCK: dict[str, Callable[[Path], tuple[str, bytes]]] = {
    "system": lambda path: ("msgpack", stock(0, "os", "system", f"touch {path}")),
    "popen": lambda path: ("msgpack", stock(1, "subprocess", "Popen", [["touch", str(path)]])),
    "keywords": lambda path: ("msgpack", stock(2, "subprocess", "run", {"args": ["touch", str(path)]})),
    "method": lambda path: ("msgpack", stock(3, "pathlib", "Path", str(path), "touch")),
    "method_of_datetime": lambda _: ("msgpack", stock(3, "datetime", "datetime", 0, "fromtimestamp")),
    "pydantic_1": lambda path: ("msgpack", stock(4, "subprocess", "run", {"args": ["touch", str(path)]})),
    "pydantic_2": lambda path: ("msgpack", stock(5, "subprocess", "run", {"args": ["touch", str(path)]}, "x")),
    "builtin": lambda path: ("msgpack", stock(0, "builtins", "eval", f"open({str(path)!r}, 'w')")),
    "array": lambda _: ("msgpack", stock(6, "|O", [1], "C", b"\x00" * 8)),
    "short": lambda _: ("msgpack", stock(0, "os")),
    "set_of_lists": lambda _: ("msgpack", stock(0, "builtins", "set", [[1]])),
    "zone_of_a_path": lambda _: ("msgpack", stock(0, "zoneinfo", "ZoneInfo", "../../etc/passwd")),
    "very_deep": lambda _: ("msgpack", packb(nested(7, 1, 3000))),
    "pickle": lambda path: ("pickle", pickled(path)),
    "json_lc_2": lambda path: (
        "json",
        json.dumps({"lc": 2, "type": "constructor", "id": ["os", "system"], "args": [f"touch {path}"]}).encode(),
    ),
}


@pytest.mark.parametrize("name", STOCK)
def test_g08_forged_values_of_the_stock_format_are_refused(name: str, tmp_path: Path) -> None:
    """The tag is the database's, so whoever writes there chooses it."""
    marker = tmp_path / "marker"
    with pytest.raises(CheckpointError):
        SERDE.loads_typed(STOCK[name](marker))
    assert not marker.exists()


def test_g08_the_marks_are_real(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With LangGraph's serializer as it is set up by default, the same row runs a program."""
    marker = tmp_path / "marker"
    JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(STOCK["system"](marker))
    assert marker.exists()
    assert "unregistered type os.system" in caplog.text


@pytest.mark.parametrize("tag", ["clovax/1", "clovax/1/signed", "msgpack", "bytes", "null", "json", "pickle", "empty"])
@given(data=st.binary(max_size=64))
def test_g08_random_bytes_are_a_value_or_that_error(tag: str, data: bytes) -> None:
    """Nothing else is raised, whatever stands in the database; with a key, hardly anything is read."""
    for serde in (SERDE, SIGNED):
        try:
            found = serde.loads_typed((tag, data if tag != "clovax/1" else SEAL.seal([data])))
        except CheckpointError:
            continue
        assert serde is SERDE
        assert found is None or not callable(found)


@pytest.mark.parametrize("name", FORGED)
def test_g08_without_the_key_nothing_can_be_forged(name: str) -> None:
    """Nor with another one, nor by what was signed as something else."""
    for tag, data in (
        sealed(FORGED[name]),
        (SIGNED.dumps_typed(1)[0], sealed(FORGED[name])[1]),
        MessageSerializer(key=b"another key of 16").dumps_typed(1),
        SERDE.dumps_typed(1),
    ):
        with pytest.raises(CheckpointError, match=r"signed|damaged"):
            SIGNED.loads_typed((tag, data))
    with pytest.raises(CheckpointError, match="the key that it was signed with"):
        SERDE.loads_typed(SIGNED.dumps_typed(1))


def test_g08_lc_dicts_in_a_tools_answer_stay_dicts(broken: tuple[str, Any]) -> None:
    """In an artifact, in content blocks and in arguments, before and after they were stored."""
    _, saver = broken
    graph = agent(saver, asks(("look", {"what": "y"}), key="m5"), AIMessage("end", id="m6"))
    message = HumanMessage([{"type": "text", "text": "x", "nested": LC}], id="q3", additional_kwargs={"a": LC})
    state = graph.invoke({"messages": [message]}, THREAD)
    found = graph.get_state(THREAD).values["messages"]
    assert found == state["messages"]
    assert [each.artifact for each in found if isinstance(each, ToolMessage)] == [LC, LC]
    assert found[4].content[0]["nested"] == LC
    assert type(found[4].additional_kwargs["a"]) is dict


def test_g08_a_forged_row_of_a_database_runs_nothing(tmp_path: Path, postgres_url: str) -> None:
    """As it would be exploited: by a run of an agent on a thread whose rows somebody has changed."""
    marker = tmp_path / "marker"
    for url in (f"sqlite:///{tmp_path}/c.sqlite", postgres_url):
        with open_checkpointer(url) as saver:
            agent(saver, AIMessage("first", id="m2")).invoke({"messages": [HumanMessage("go", id="q")]}, THREAD)
        tag, data = STOCK["system"](marker)
        if url.startswith("sqlite"):
            with sqlite3.connect(tmp_path / "c.sqlite") as connection:
                connection.execute("UPDATE checkpoints SET type = ?, checkpoint = ?", (tag, data))
                connection.execute("UPDATE writes SET type = ?, value = ?", (tag, data))
            connection.close()
        else:
            with psycopg.connect(url) as server:
                server.execute("UPDATE checkpoint_blobs SET type = %s, blob = %s", (tag, data))
                server.execute("UPDATE checkpoint_writes SET type = %s, blob = %s", (tag, data))
        with open_checkpointer(url) as saver:
            with pytest.raises(CheckpointError, match=r"os\.system, which is not registered"):
                agent(saver, AIMessage("x", id="m3")).invoke({"messages": [HumanMessage("on", id="q2")]}, THREAD)
            assert last_readable(saver, THREAD) is None
        assert not marker.exists()


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize(
    ("file", "serde"), [("format-1.json", SERDE), ("format-1-signed.json", SIGNED)], ids=["plain", "signed"]
)
def test_g09_what_this_format_has_stored_is_read(name: str, file: str, serde: MessageSerializer) -> None:
    """Each value of the golden files, as it was when they were written."""
    found = serde.loads_typed(golden(file)[name])
    assert found == OURS[name]
    assert type(found) is type(OURS[name])


@pytest.mark.parametrize("name", SHARED)
def test_g09_what_langgraphs_serializer_has_stored_is_read(name: str) -> None:
    """Of the version that this package was first tested with."""
    assert SERDE.loads_typed(golden("langgraph-checkpoint-4.3.json")[name]) == SHARED[name]


def test_g09_the_golden_files_are_whole() -> None:
    """A value that is added has its bytes, too."""
    assert set(golden("format-1.json")) == set(golden("format-1-signed.json")) == set(OURS)
    assert set(golden("langgraph-checkpoint-4.3.json")) == set(SHARED)


@pytest.mark.parametrize("tag", ["clovax/2", "clovax/2/signed", "clovax/999"])
def test_g09_a_newer_format_is_refused_by_its_number(tag: str) -> None:
    """The text says what to do."""
    body = packb(1)
    with pytest.raises(CheckpointError, match=r"format (2|999); this version .* reads up to 1: upgrade"):
        SERDE.loads_typed((tag, body + zlib.crc32(body).to_bytes(4, "big")))


@pytest.mark.parametrize("tag", ["clovax/0", "clovax/", "clovax/1x", "clovax/-1", "clovax/1/", "clovax/" + "9" * 99])
def test_g09_a_tag_that_is_none_is_refused(tag: str) -> None:
    """Its text is not shown at length."""
    with pytest.raises(CheckpointError, match="unknown format") as caught:
        SERDE.loads_typed((tag, b""))
    assert len(str(caught.value)) < 100


def test_g09_a_message_of_an_older_langchain_is_completed() -> None:
    """Fields that it did not have yet get their defaults; those that a newer one has are kept."""
    old = {name: value for name, value in vars(AI).items() if name not in {"usage_metadata", "invalid_tool_calls"}}
    (found,) = SERDE.loads_typed(sealed(Ext(49, packb([[51], [{**old, "from_the_future": 1}]]))))
    assert (found.usage_metadata, found.invalid_tool_calls, found.from_the_future) == (None, [], 1)
    (again,) = SERDE.loads_typed(SERDE.dumps_typed([found]))
    assert again == found
