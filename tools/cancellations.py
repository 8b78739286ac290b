"""Cancel an order: the one thing here that cannot be undone, so a person has to agree and it happens once."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from clovax_agents import Outcome, ToolPolicy, get_tool_context, tool

from ._coupons import GIVE_BACK_COUPON
from ._database import select, shop, shop_to_change
from ._matching import nearest_ids

if TYPE_CHECKING:
    import sqlite3

    from clovax_agents import Doubt

_CANCELLABLE = ("결제완료", "상품준비중")
_KOREA = timezone(timedelta(hours=9))
_BY_KEY = """
SELECT order_id, reason, refund, cancelled_at, payment
FROM cancellations JOIN orders ON orders.id = order_id
WHERE idempotency_key = ?
"""
_CANCEL = "UPDATE orders SET status = '주문취소' WHERE id = ?"
_RESTOCK = """
UPDATE products SET stock = stock + quantity
FROM (SELECT product_id, quantity FROM order_items WHERE order_id = ?) AS items
WHERE products.id = items.product_id
"""


def _what_became_of_it(doubt: Doubt) -> Outcome:
    """Look the key up: it is stored in the same transaction as the cancellation."""
    with shop() as connection:
        found = _cancelled(connection, doubt.idempotency_key)
    return Outcome("not_done") if found is None else Outcome("done", found)


@tool(policy=ToolPolicy(effect="once", approval=True, reconcile=_what_became_of_it))
def cancel_order(order_id: str, reason: str) -> dict[str, Any]:
    """주문을 취소하고 결제 금액을 환불합니다. 되돌릴 수 없습니다.

    고객이 주문 취소를 요청했을 때만 씁니다. 발송 전인 주문(결제완료, 상품준비중)만 취소할 수 있습니다.

    Args:
        order_id: 취소할 주문 번호. 예: "ORD-20261120-0001".
        reason: 고객이 말한 취소 사유. 예: "단순 변심".
    """
    wanted, key = order_id.strip().upper(), get_tool_context().idempotency_key
    with shop_to_change() as connection:
        if (before := _cancelled(connection, key)) is not None:
            return before
        orders = select(connection, "SELECT status, total FROM orders WHERE id = ?", wanted)
        if not orders or orders[0]["status"] not in _CANCELLABLE:
            return _refusal(connection, wanted, orders[0]["status"] if orders else None)
        moment = f"{datetime.now(_KOREA):%Y-%m-%d %H:%M}"
        values = (key, wanted, reason, orders[0]["total"], moment)
        connection.execute("INSERT INTO cancellations VALUES (?, ?, ?, ?, ?)", values)
        connection.execute(_CANCEL, (wanted,))
        connection.execute(_RESTOCK, (wanted,))
        connection.execute(GIVE_BACK_COUPON, (wanted,))
        return _cancelled(connection, key) or {}


def _cancelled(connection: sqlite3.Connection, key: str) -> dict[str, Any] | None:
    """The cancellation that was made under this key, if there is one."""
    found = select(connection, _BY_KEY, key)
    return {"cancelled": True, **found[0]} if found else None


def _refusal(connection: sqlite3.Connection, order_id: str, status: str | None) -> dict[str, Any]:
    if status is None:
        known = [row["id"] for row in select(connection, "SELECT id FROM orders")]
        note = f"없는 주문 번호입니다: {order_id!r}"
        return {"cancelled": False, "note": note, "similar": nearest_ids(order_id, known)}
    sent = "이미 발송한 주문은 취소할 수 없습니다. 반품을 안내하세요."
    note = "이미 취소된 주문입니다." if status == "주문취소" else sent
    return {"cancelled": False, "order_id": order_id, "status": status, "note": note}
