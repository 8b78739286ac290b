"""An order is cancelled whole or not at all, only before it is sent, and once, whatever happens in between."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from clovax_agents import Doubt, Toolbox, ToolExecutor
from clovax_agents.execution.journal import SqliteJournal
from clovax_agents.tooling.context import CURRENT, ToolContext

TOOLS = Path(__file__).resolve().parents[3] / "tools"
PAID, PREPARED, SENT = "ORD-20261120-0001", "ORD-20261119-0001", "ORD-20261118-0001"
WANTED = {"order_id": PAID, "reason": "단순 변심"}
CALLS = [AIMessage("", id="m1", tool_calls=[{"name": "cancel_order", "args": WANTED, "id": "c1"}])]
THREAD: Any = {"configurable": {"thread_id": "t"}}
KILLED = """
import contextlib, json, os, signal, sys
from dataclasses import replace
from langchain_core.messages import AIMessage
from clovax_agents import Toolbox, ToolExecutor

def dying(*given, looks=[]):
    looks.append(1)
    found = look(*given)
    if when == "within" and len(looks) == 2:  # all of it is written, and nothing of it kept
        os.kill(os.getpid(), signal.SIGKILL)
    return found

@contextlib.contextmanager
def leaving():
    with change() as connection:
        yield connection
    if when == "after":
        os.kill(os.getpid(), signal.SIGKILL)

_, tools, journal, wanted, when = sys.argv
box = Toolbox.from_path(tools)
cancel = box["cancel_order"]
names = cancel.func.__globals__
look, names["_cancelled"] = names["_cancelled"], dying
change, names["shop_to_change"] = names["shop_to_change"], leaving
agreed = Toolbox().add(cancel, policy=replace(box.policy("cancel_order"), approval=False))
call = {"name": "cancel_order", "args": json.loads(wanted), "id": "c1"}
config = {"configurable": {"thread_id": "t"}}
ToolExecutor(agreed, journal=journal).invoke([AIMessage("", id="m1", tool_calls=[call])], config)
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop of the test's own, because it is changed."""
    path = tmp_path / "shop.sqlite3"
    monkeypatch.setenv("CLOVAX_SHOP_DB", str(path))
    return path


def cancel(box: Toolbox, order_id: str, key: str = "k") -> Any:
    """Cancel an order as the call with this idempotency key."""
    token = CURRENT.set(ToolContext(make_key=lambda: key))
    try:
        return box["cancel_order"].invoke({"order_id": order_id, "reason": "단순 변심"})
    finally:
        CURRENT.reset(token)


def stock(file: Path, order_id: str) -> list[tuple[int, int]]:
    """Return what is in stock of an order's products, and how many of them were ordered."""
    statement = "SELECT stock, quantity FROM products JOIN order_items ON product_id = id WHERE order_id = ?"
    connection = sqlite3.connect(file)
    try:
        return connection.execute(statement, (order_id,)).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("order_id", [PAID, PREPARED, f" {PAID.lower()} "])
def test_an_order_that_was_not_sent_is_cancelled(loaded: Toolbox, file: Path, order_id: str) -> None:
    """It is refunded, its products are in stock again, and everybody sees it."""
    order = loaded["get_order"].invoke({"order_id": order_id})
    before = stock(file, order["id"])
    done = cancel(loaded, order_id)

    assert (done["cancelled"], done["order_id"], done["refund"]) == (True, order["id"], order["total"])
    assert (done["reason"], done["payment"]) == ("단순 변심", order["payment"])
    assert loaded["get_order"].invoke({"order_id": order_id})["status"] == "주문취소"
    assert "취소" in loaded["get_delivery_status"].invoke({"order_id": order_id})["note"]
    assert stock(file, order["id"]) == [(left + quantity, quantity) for left, quantity in before]


@pytest.mark.parametrize(
    ("order_id", "note"),
    [(SENT, "이미 발송"), ("ORD-20261101-0001", "이미 발송"), ("ORD-20261110-0001", "이미 취소"), ("1", "없는 주문")],
)
def test_any_other_order_is_not(loaded: Toolbox, file: Path, order_id: str, note: str) -> None:
    """The answer says why, and nothing changes."""
    loaded["get_order"].invoke({"order_id": SENT})
    before = file.read_bytes()

    answer = cancel(loaded, order_id)
    assert (answer["cancelled"], note in answer["note"]) == (False, True)
    assert file.read_bytes() == before


@pytest.mark.usefixtures("file")
def test_a_mistyped_number_cancels_no_other_order(loaded: Toolbox) -> None:
    """The near ones are named, and left alone."""
    assert PAID in cancel(loaded, "ORD-20261120-001")["similar"]
    assert loaded["get_order"].invoke({"order_id": PAID})["status"] == "결제완료"


def test_the_same_key_cancels_once(loaded: Toolbox, file: Path) -> None:
    """Asked again, also by many at once, it gives the first answer; another key finds the order cancelled."""
    before = cancel(loaded, SENT) and stock(file, PAID)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: cancel(loaded, PAID), range(6)))

    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["cancelled"] is True
    assert "이미 취소" in cancel(loaded, PAID, "other")["note"]
    assert stock(file, PAID) == [(left + quantity, quantity) for left, quantity in before]


@pytest.mark.usefixtures("file")
def test_the_hook_knows_what_became_of_a_call(loaded: Toolbox) -> None:
    """By its key, which is stored with the cancellation."""
    reconcile: Any = loaded.policy("cancel_order").reconcile
    doubt = Doubt(tool="cancel_order", arguments=WANTED, idempotency_key="k", started_at=0)

    assert reconcile(doubt).state == "not_done"
    done = cancel(loaded, PAID)
    assert (reconcile(doubt).state, reconcile(doubt).result) == ("done", done)


@pytest.mark.usefixtures("file")
def test_without_an_approval_nothing_is_cancelled(loaded: Toolbox) -> None:
    """The executor asks for one, wherever it stands."""
    (answer,) = ToolExecutor(loaded).invoke(CALLS)

    assert "a person has to approve this call" in answer.text
    assert loaded["get_order"].invoke({"order_id": PAID})["status"] == "결제완료"


@pytest.mark.parametrize("when", ["within", "after"])
@pytest.mark.soak(every=2)
def test_a_process_that_is_killed_cancels_once(loaded: Toolbox, file: Path, tmp_path: Path, when: str) -> None:
    """Killed within the change or right behind it: resumed, the order is cancelled once and the model reads so."""
    loaded["get_order"].invoke({"order_id": PAID})
    before, place = stock(file, PAID), tmp_path / "journal.sqlite"
    command = [sys.executable, "-c", KILLED, str(TOOLS), str(place), json.dumps(WANTED), when]
    killed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)  # noqa: S603
    assert killed.returncode == -9, killed.stderr

    agreed = Toolbox().add(loaded["cancel_order"], policy=replace(loaded.policy("cancel_order"), approval=False))
    journal = SqliteJournal(place)
    (answer,) = ToolExecutor(agreed, journal=journal).invoke(CALLS, THREAD)

    assert json.loads(answer.text)["cancelled"] is True
    assert stock(file, PAID) == [(left + quantity, quantity) for left, quantity in before]
    outcomes = [record.facts.get("outcome") for record in journal.audit()]
    assert outcomes[-1] == ("reconciled" if when == "after" else "done")
