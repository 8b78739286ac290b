"""An order is taken back by the rules of the law, once, after a person has agreed; everything else is told why not."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage

from clovax_agents import Doubt, Toolbox, ToolExecutor
from clovax_agents.tooling.context import CURRENT, ToolContext

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

NEW, OLD, SENT, PAID = "ORD-20261114-0001", "ORD-20261101-0001", "ORD-20261118-0001", "ORD-20261120-0001"
MIND, DEFECT = "단순 변심", "상품 하자"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop of the test's own, because it is changed."""
    path = tmp_path / "shop.sqlite3"
    monkeypatch.setenv("CLOVAX_SHOP_DB", str(path))
    return path


def refund(box: Toolbox, order_id: str, reason: str = MIND, key: str = "k") -> Any:
    """Ask for a refund as the call with this idempotency key."""
    token = CURRENT.set(ToolContext(make_key=lambda: key))
    try:
        return box["request_refund"].invoke({"order_id": order_id, "reason": reason, "detail": "색상이 달라요"})
    finally:
        CURRENT.reset(token)


def status(box: Toolbox, order_id: str) -> Any:
    """Look at a refund."""
    return box["get_refund_status"].invoke({"order_id": order_id})


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize(("reason", "fee"), [(MIND, 3_000), (DEFECT, 0), ("오배송", 0)])
def test_an_order_of_the_last_days_is_taken_back(loaded: Toolbox, reason: str, fee: int) -> None:
    """Who changed their mind pays the way back; the order and its refund can be looked up."""
    order = loaded["get_order"].invoke({"order_id": NEW})
    done = refund(loaded, f" {NEW.lower()}", reason)
    assert (done["requested"], done["fee"], done["refund"]) == (True, fee, order["total"] - fee)
    found = status(loaded, NEW)
    assert (found["status"], found["reason"], found["payment"]) == ("접수", reason, order["payment"])
    assert loaded["get_order"].invoke({"order_id": NEW})["status"] == "반품접수"


@pytest.mark.parametrize(
    ("order_id", "reason", "note"),
    [
        (OLD, MIND, "2026-11-10까지"),
        ("ORD-20261110-0001", MIND, "이미 취소"),
        (SENT, DEFECT, "배송 중"),
        (PAID, MIND, "주문 취소를 안내"),
        ("ORD-20260822-0002", MIND, "이미 반품"),
        ("ORD-1", MIND, "없는 주문"),
    ],
)
def test_any_other_order_is_not(loaded: Toolbox, file: Path, order_id: str, reason: str, note: str) -> None:
    """The answer says why, and nothing changes."""
    status(loaded, SENT)
    before = file.read_bytes()
    answer = refund(loaded, order_id, reason)
    assert (answer["requested"], note in answer["note"]) == (False, True)
    assert file.read_bytes() == before


def test_the_window_ends_where_the_law_ends_it(loaded: Toolbox, file: Path, seed: ModuleType) -> None:
    """Seven days after delivery is in time, eight is not; for what is defective it is three months."""
    for days, reason, expected in ((7, MIND, True), (8, MIND, False), (8, DEFECT, True), (91, DEFECT, False)):
        status(loaded, NEW)
        day = seed.TODAY - timedelta(days=days)
        connection = sqlite3.connect(file)
        connection.execute("UPDATE deliveries SET delivered_at = ? WHERE order_id = ?", (f"{day} 23:59", NEW))
        connection.commit()
        connection.close()
        assert refund(loaded, NEW, reason)["requested"] is expected, (days, reason)
        file.unlink()


@pytest.mark.usefixtures("file")
def test_what_is_defective_comes_back_later(loaded: Toolbox) -> None:
    """After the seven days, at the shop's cost."""
    assert refund(loaded, OLD, DEFECT)["fee"] == 0


@pytest.mark.usefixtures("file")
def test_the_same_key_asks_once(loaded: Toolbox) -> None:
    """Asked again, also by many at once, it gives the first answer; another key finds it done."""
    status(loaded, NEW)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: refund(loaded, NEW), range(6)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["requested"] is True
    assert "이미 반품" in refund(loaded, NEW, key="other")["note"]


@pytest.mark.usefixtures("file")
def test_the_hook_knows_what_became_of_a_call(loaded: Toolbox) -> None:
    """By its key, which is stored with the refund."""
    reconcile: Any = loaded.policy("request_refund").reconcile
    doubt = Doubt(tool="request_refund", arguments={}, idempotency_key="k", started_at=0)
    assert reconcile(doubt).state == "not_done"
    done = refund(loaded, NEW)
    assert (reconcile(doubt).state, reconcile(doubt).result) == ("done", done)


@pytest.mark.usefixtures("file")
def test_without_an_approval_nothing_is_taken_back(loaded: Toolbox) -> None:
    """The executor asks for one, wherever it stands."""
    arguments = {"order_id": NEW, "reason": MIND, "detail": "색상이 달라요"}
    call = AIMessage("", id="m1", tool_calls=[{"name": "request_refund", "args": arguments, "id": "c1"}])
    (answer,) = ToolExecutor(loaded).invoke([call])
    assert "a person has to approve this call" in answer.text
    assert status(loaded, NEW)["found"] is False


def test_statuses_tell_what_there_is(box: Toolbox) -> None:
    """Refunds of the past, orders that were never given back, and numbers that do not exist."""
    paid = status(box, "ORD-20260822-0002")
    assert (paid["status"], paid["refunded_on"], paid["refund"]) == ("환불완료", "2026-08-29", 655_000)
    assert status(box, SENT) == {
        "found": False,
        "order_id": SENT,
        "order_status": "배송중",
        "note": "반품을 접수하지 않은 주문입니다.",
    }
    assert SENT in status(box, "ORD-20261118-001")["similar"]
