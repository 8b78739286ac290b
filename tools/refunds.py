"""Take back an order that has arrived: a person has to agree, and it happens once.

The rules are those of Korean law for shops on the web (전자상거래법 제17조): seven days to change one's mind, at
one's own cost; three months for what is defective or not what was ordered, at the shop's.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from clovax_agents import Outcome, ToolPolicy, get_tool_context, tool

from ._coupons import GIVE_BACK_COUPON
from ._database import select, shop, shop_to_change
from ._matching import nearest_ids
from ._seed import TODAY

if TYPE_CHECKING:
    import sqlite3

    from clovax_agents import Doubt

RefundReason = Literal["단순 변심", "상품 하자", "오배송"]

_FEE = 3_000
_DAYS: dict[str, int] = {"단순 변심": 7, "상품 하자": 90, "오배송": 90}
_BY_KEY = "SELECT order_id, reason, fee, refund, status, requested_on FROM refunds WHERE idempotency_key = ?"
_BY_ORDER = """
SELECT order_id, reason, detail, fee, refund, refunds.status, requested_on, refunded_on, payment
FROM refunds JOIN orders ON orders.id = order_id WHERE order_id = ?
"""
_ORDER = """
SELECT orders.id, orders.status, total, delivered_at FROM orders LEFT JOIN deliveries ON order_id = orders.id
WHERE orders.id = ?
"""
_NOT_DELIVERED = {
    "결제완료": "아직 발송 전인 주문입니다. 반품이 아니라 주문 취소를 안내하세요.",
    "상품준비중": "아직 발송 전인 주문입니다. 반품이 아니라 주문 취소를 안내하세요.",
    "배송중": "배송 중인 주문입니다. 상품을 받은 뒤에 반품을 신청할 수 있습니다.",
    "주문취소": "이미 취소되어 환불된 주문입니다.",
    "반품접수": "이미 반품을 접수한 주문입니다.",
}


def _what_became_of_it(doubt: Doubt) -> Outcome:
    """Look the key up: it is stored in the same transaction as the refund."""
    with shop() as connection:
        found = _requested(connection, doubt.idempotency_key)
    return Outcome("not_done") if found is None else Outcome("done", found)


@tool(policy=ToolPolicy(effect="once", approval=True, reconcile=_what_became_of_it))
def request_refund(order_id: str, reason: RefundReason, detail: str = "") -> dict[str, Any]:
    """배송이 끝난 주문의 반품과 환불을 접수합니다. 되돌릴 수 없습니다.

    단순 변심은 배송 완료 후 7일 안에 신청할 수 있고 반품 배송비 3,000원을 뺍니다.
    상품 하자와 오배송은 3개월까지이고 배송비가 없습니다.

    Args:
        order_id: 반품할 주문 번호. 예: "ORD-20261114-0001".
        reason: 반품 사유의 종류.
        detail: 고객이 말한 설명이 있으면 그대로 적습니다. 예: "색상이 생각과 달라요".
    """
    wanted, key = order_id.strip().upper(), get_tool_context().idempotency_key
    with shop_to_change() as connection:
        if (before := _requested(connection, key)) is not None:
            return before
        orders = select(connection, _ORDER, wanted)
        if refusal := _refusal(connection, wanted, orders[0] if orders else None, reason):
            return {"requested": False, **refusal}
        fee = _FEE if reason == "단순 변심" else 0
        values = (key, wanted, reason, detail, fee, max(orders[0]["total"] - fee, 0), TODAY.isoformat())
        connection.execute("INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?, '접수', ?, NULL)", values)
        connection.execute("UPDATE orders SET status = '반품접수' WHERE id = ?", (wanted,))
        connection.execute(GIVE_BACK_COUPON, (wanted,))
        return _requested(connection, key) or {}


@tool(policy=ToolPolicy(effect="read", labels=frozenset({"private_data"})))
def get_refund_status(order_id: str) -> dict[str, Any]:
    """반품과 환불의 처리 상태, 환불 금액, 환불일을 조회합니다.

    Args:
        order_id: 주문 번호. 예: "ORD-20261101-0001".
    """
    wanted = order_id.strip().upper()
    with shop() as connection:
        orders = select(connection, _ORDER, wanted)
        if not orders:
            return {"found": False, **_unknown(connection, wanted)}
        refunds = select(connection, _BY_ORDER, wanted)
        if refunds:
            return {"found": True, **refunds[0]}
        cancelled = select(connection, "SELECT refund, cancelled_at FROM cancellations WHERE order_id = ?", wanted)
    told = {"found": False, "order_id": wanted, "order_status": orders[0]["status"]}
    return {**told, **(cancelled[0] if cancelled else {}), "note": "반품을 접수하지 않은 주문입니다."}


def _requested(connection: sqlite3.Connection, key: str) -> dict[str, Any] | None:
    """The refund that was requested under this key, if there is one."""
    found = select(connection, _BY_KEY, key)
    return {"requested": True, **found[0]} if found else None


def _refusal(
    connection: sqlite3.Connection, order_id: str, order: dict[str, Any] | None, reason: str
) -> dict[str, Any] | None:
    """Why an order cannot be taken back; None if it can."""
    if order is None:
        return _unknown(connection, order_id)
    told = {"order_id": order_id, "status": order["status"]}
    if order["status"] != "배송완료":
        return {**told, "note": _NOT_DELIVERED[order["status"]]}
    delivered = date.fromisoformat(order["delivered_at"][:10])
    last = delivered + timedelta(days=_DAYS[reason])
    if last < TODAY:
        note = f"{reason} 반품은 {last.isoformat()}까지 신청할 수 있었습니다(배송 완료 {delivered.isoformat()})."
        return {**told, "note": note}
    return None


def _unknown(connection: sqlite3.Connection, order_id: str) -> dict[str, Any]:
    known = [row["id"] for row in select(connection, "SELECT id FROM orders")]
    return {"note": f"없는 주문 번호입니다: {order_id!r}", "similar": nearest_ids(order_id, known)}
