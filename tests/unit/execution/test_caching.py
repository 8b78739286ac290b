"""Results that are kept for a while: fresh ones only, no more than there is room for, and nobody else's."""

import threading
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from toolruns import answers, call, outcomes

from clovax_agents import ToolExecutor, ToolPolicy, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.caching import ResultCache


def _answer(text: Any = "맑음", **more: Any) -> ToolMessage:
    return ToolMessage(text, tool_call_id="first", name="weather", id="m1", **more)


def test_an_answer_is_good_until_its_time_is_over() -> None:
    """It is given under the id of the call that asks, and as a message of its own."""
    now = [0.0]
    cache = ResultCache(60, clock=lambda: now[0])
    cache.put("seoul", _answer())
    now[0] = 59.9
    found = cache.get("seoul", "second")
    assert found is not None
    assert (found.text, found.tool_call_id, found.id) == ("맑음", "second", None)
    assert cache.get("busan", "second") is None
    now[0] = 60.0
    assert cache.get("seoul", "third") is None
    now[0] = 0.0
    assert cache.get("seoul", "fourth") is None, "what was found stale is gone"


def test_the_least_used_answers_go_first() -> None:
    """So many and so much are kept, whichever is less."""
    cache = ResultCache(60, most=2)
    for digest in ("a", "b"):
        cache.put(digest, _answer())
    cache.get("a", "x")
    cache.put("c", _answer())
    assert [cache.get(digest, "x") is not None for digest in "abc"] == [True, False, True]
    narrow = ResultCache(60, room=100)
    narrow.put("small", _answer("x" * 60))
    narrow.put("other", _answer("x" * 60))
    assert [narrow.get(digest, "x") is not None for digest in ("small", "other")] == [False, True]
    narrow.put("other", _answer("x" * 10))
    narrow.put("more", _answer("x" * 60))
    assert [narrow.get(digest, "x") is not None for digest in ("other", "more")] == [True, True]
    narrow.put("huge", _answer("x", artifact="x" * 1000))
    assert narrow.get("huge", "x") is None


def test_what_somebody_does_to_an_answer_is_not_kept() -> None:
    """Blocks and artifacts are copied for everybody who asks."""
    cache = ResultCache(60)
    cache.put("digest", _answer([{"type": "text", "text": "맑음"}], artifact={"rows": [1]}))
    first = cache.get("digest", "a")
    assert first is not None
    first.artifact["rows"].append(2)
    first.content.append("more")  # type: ignore[union-attr]
    second = cache.get("digest", "b")
    assert second is not None
    assert second.artifact == {"rows": [1]}
    assert len(second.content) == 1


def test_many_threads_may_ask() -> None:
    """The room is counted right whoever is first."""
    cache = ResultCache(60, most=5, room=50)

    def work(number: int) -> None:
        for turn in range(200):
            cache.put(f"{(number + turn) % 9}", _answer("x" * 9))
            cache.get(f"{turn % 9}", "c")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [digest for digest in map(str, range(9)) if cache.get(digest, "c") is not None]
    assert len(kept) == 3  # an artifact that is none takes four characters


async def test_errors_are_not_kept() -> None:
    """A service that was down a moment ago may be up again."""
    ran: list[int] = []

    @tool(policy=ToolPolicy(effect="read", cache_ttl=60))
    def flaky(n: int) -> str:
        """Fail at first."""
        ran.append(n)
        if len(ran) == 1:
            raise ConnectionError("down")
        return "up"

    executor = ToolExecutor([flaky])
    assert outcomes(await answers(executor, call("flaky", n=1))) == ["error"]
    assert outcomes(await answers(executor, call("flaky", n=1))) == ["success"]
    assert outcomes(await answers(executor, call("flaky", n=1))) == ["success"]
    assert ran == [1, 1]


async def test_a_cache_asks_for_permission_like_everybody() -> None:
    """A result that one run was allowed to see is not another's."""

    @tool(policy=ToolPolicy(effect="read", cache_ttl=60, scopes=frozenset({"admin"})))
    def salaries() -> str:
        """List salaries."""
        return "7,000,000"

    executor = ToolExecutor([salaries])
    assert outcomes(await answers(executor, call("salaries"), scopes=["admin"])) == ["success"]
    refused = await answers(executor, call("salaries"))
    assert outcomes(refused) == ["refused"]
    assert "7,000,000" not in refused[0].text


def test_what_depends_on_the_run_is_not_cached() -> None:
    """A tool that reads the configuration would tell one user what is another's."""

    @tool(policy=ToolPolicy(effect="read", cache_ttl=60))
    def orders(config: RunnableConfig) -> str:
        """List orders of who is logged in."""
        return str(config["configurable"].get("user"))

    with pytest.raises(ConfigurationError, match="depends on config, which a cache does not see"):
        ToolExecutor([orders])
