"""A server that stops, in order or not, while a person is being asked: the question is there when it is back."""

import signal
import time
from pathlib import Path
from typing import Any

import httpx
from studioserver import StudioServer, project_at

CANCEL = "주문 {order}을 단순 변심으로 취소해줘"
ORDERS = ("ORD-20261120-0001", "ORD-20261119-0001")
FLUSH_SECONDS = 30
"""The server writes its state every ten seconds."""
APPROVE = {"resume": {"decisions": [{"type": "approve"}]}}


def _ask(url: str, order: str) -> str:
    """Return a thread in which a person is asked about an order."""
    thread = str(httpx.post(f"{url}/threads", json={}, timeout=60).json()["thread_id"])
    question = {"messages": [{"role": "user", "content": CANCEL.format(order=order)}]}
    body = {"assistant_id": "react", "input": question}
    asked = httpx.post(f"{url}/threads/{thread}/runs/wait", json=body, timeout=60).json()
    assert asked["__interrupt__"][0]["value"]["action_requests"][0]["args"]["order_id"] == order
    return thread


def _answer(url: str, thread: str) -> Any:
    body = {"assistant_id": "react", "command": APPROVE}
    return httpx.post(f"{url}/threads/{thread}/runs/wait", json=body, timeout=60).json()


def _told(state: Any) -> list[str]:
    return [message["content"] for message in state["messages"] if message["type"] == "tool"]


def _written(folder: Path, since: float) -> None:
    """Wait until the server has written its state."""
    deadline = time.monotonic() + FLUSH_SECONDS
    while time.monotonic() < deadline:
        if any(
            path.stat().st_mtime > since for path in (folder / ".langgraph_api").iterdir() if "checkpoint" in path.name
        ):
            return
        time.sleep(0.2)
    raise AssertionError("the server wrote nothing")


def test_a_question_outlives_the_server(tmp_path: Path) -> None:
    """After Ctrl-C, and after a kill: approved afterwards, each order is cancelled, once."""
    folder = project_at(tmp_path)
    shop = {"CLOVAX_SHOP_DB": str(folder / "shop.sqlite3"), "CLOVAX_JOURNAL": str(folder / "journal.sqlite")}
    with StudioServer(folder, **shop) as server:
        first = _ask(server.url, ORDERS[0])
    with StudioServer(folder, **shop) as server:
        assert httpx.get(f"{server.url}/threads/{first}", timeout=60).json()["status"] == "interrupted"
        assert '"cancelled": true' in _told(_answer(server.url, first))[0]
        second, asked_at = _ask(server.url, ORDERS[1]), time.time()
        _written(folder, asked_at)
        time.sleep(1)
        server.stop(signal.SIGKILL)
    with StudioServer(folder, **shop) as server:
        assert '"cancelled": true' in _told(_answer(server.url, second))[0]
        again = _answer(server.url, second)
        assert len(_told(again)) == 1
        state = httpx.get(f"{server.url}/threads/{first}/state", timeout=60).json()["values"]
        assert [message["type"] for message in state["messages"]] == ["human", "ai", "tool", "ai"]
