"""Checkpointers by their URL: where they are, that they are closed, and what is no URL."""

import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from clovax_agents.checkpoints import MessageSerializer, last_readable, open_checkpointer
from clovax_agents.errors import ConfigurationError


async def test_each_url_gives_langgraphs_own_checkpointer_for_both_ways(tmp_path: Path, postgres_url: str) -> None:
    """Its tables are there, and the strict serializer is in it."""
    for url, sync, async_ in (
        ("memory", InMemorySaver, InMemorySaver),
        (f"sqlite:///{tmp_path}/c.sqlite", SqliteSaver, AsyncSqliteSaver),
        (postgres_url, PostgresSaver, AsyncPostgresSaver),
    ):
        async with open_checkpointer(url) as saver:
            assert type(saver) is async_
            assert isinstance(saver.serde, MessageSerializer)
            assert [found async for found in saver.alist(None)] == []
        with open_checkpointer(url) as saver:
            assert type(saver) is sync
            assert isinstance(saver.serde, MessageSerializer)
            assert list(saver.list(None)) == []


def test_a_folder_that_is_not_there_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three slashes begin a relative path, four an absolute one."""
    monkeypatch.chdir(tmp_path)
    for url, path in (
        ("sqlite:///data/a.sqlite", tmp_path / "data" / "a.sqlite"),
        (f"sqlite:///{tmp_path}/deep/b/c.sqlite", tmp_path / "deep" / "b" / "c.sqlite"),
    ):
        with open_checkpointer(url):
            assert path.exists()


def test_another_serializer_can_be_given() -> None:
    """One with classes of one's own, or LangGraph's."""
    serde = JsonPlusSerializer()
    with open_checkpointer("memory", serde=serde) as saver:
        assert saver.serde is serde


def test_it_is_closed_at_the_end_and_after_an_error(tmp_path: Path) -> None:
    """A connection that is left open would be a warning, and so an error here."""
    opening = open_checkpointer(f"sqlite:///{tmp_path}/c.sqlite")
    with opening as saver:
        kept: Any = saver
    with pytest.raises(Exception, match="closed"):
        kept.get_tuple({"configurable": {"thread_id": "t"}})
    with pytest.raises(RuntimeError, match="no"), opening:  # can be opened again
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "url", ["", "sqlite://", "sqlite:///", "redis://:secret@host", "mysql://me:secret@host", "file.sqlite", "host=a"]
)
def test_what_is_no_url_of_one_is_refused(url: str) -> None:
    """At once, with what would be one, and without the password."""
    with pytest.raises(ConfigurationError, match="postgresql://user") as caught:
        open_checkpointer(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [
        ("sqlite:///c.sqlite", "langgraph.checkpoint.sqlite", "sqlite"),
        ("postgresql://h/d", "psycopg_pool", "postgres"),
    ],
)
def test_a_package_that_is_missing_is_named(
    url: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With what to install."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=rf'pip install "clovax-agents\[{extra}\]"'), open_checkpointer(url):
        pass


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_key_of_the_wrong_size_is_refused(size: int) -> None:
    """And not shown."""
    with pytest.raises(ConfigurationError, match=f"a key of {size} bytes cannot sign"):
        MessageSerializer(key=b"x" * size)


def test_a_key_that_is_a_text_is_refused() -> None:
    """At once, not when something is stored."""
    with pytest.raises(ConfigurationError, match="a str as key cannot sign"):
        MessageSerializer(key="k" * 16)  # type: ignore[arg-type]


def test_the_key_is_not_shown() -> None:
    """Not even by repr."""
    assert "secret" not in repr(MessageSerializer(key=b"secret" * 4))


def test_a_thread_has_to_be_named() -> None:
    """For an earlier checkpoint to be found."""
    with pytest.raises(ConfigurationError, match="thread_id"):
        last_readable(InMemorySaver(), {})


def test_what_is_stored_is_smaller_than_what_langgraph_stores() -> None:
    """Messages have no names of classes and modules, and no marks of their own in a list."""
    value = [HumanMessage("안녕", id=str(n)) for n in range(100)]
    assert len(MessageSerializer().dumps_typed(value)[1]) < 0.75 * len(JsonPlusSerializer().dumps_typed(value)[1])
