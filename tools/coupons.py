"""Coupons of customers: what they have, giving them one, and using one for an order that was not sent yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clovax_agents import ToolPolicy, tool

from ._coupons import discount_of, why_not
from ._database import select, shop, shop_to_change
from ._matching import nearest, nearest_ids
from ._seed import TODAY

if TYPE_CHECKING:
    import sqlite3

_OF_CUSTOMER = """
SELECT code, coupons.name, won, percent, most, minimum, expires_on, issued_on, order_id, discount, used_on, customer_id
FROM customer_coupons JOIN coupons USING (code) JOIN customers ON customers.id = customer_id
WHERE customers.name = ? ORDER BY expires_on, code
"""
_FOR_ORDER = """
SELECT code, coupons.name, won, percent, most, minimum, expires_on, customer_coupons.order_id, discount, used_on
FROM customer_coupons JOIN coupons USING (code) JOIN orders ON orders.customer_id = customer_coupons.customer_id
WHERE orders.id = ? ORDER BY expires_on, code
"""
_ISSUE = "INSERT INTO customer_coupons VALUES (?, ?, ?, NULL, NULL, NULL) ON CONFLICT DO NOTHING"
_USE = """
UPDATE customer_coupons SET order_id = ?, discount = ?, used_on = ?
WHERE code = ? AND customer_id = (SELECT customer_id FROM orders WHERE id = ?)
"""
_BEFORE_SENT = ("결제완료", "상품준비중")


@tool(policy=ToolPolicy(effect="read", labels=frozenset({"private_data"})))
def list_coupons(customer_name: str) -> dict[str, Any]:
    """고객이 가진 쿠폰의 할인액, 최소 주문 금액, 사용 기한, 사용 여부를 조회합니다.

    Args:
        customer_name: 고객의 이름 전체. 예: "김서연".
    """
    wanted, today = _name(customer_name), TODAY.isoformat()
    with shop() as connection:
        coupons = select(connection, _OF_CUSTOMER, wanted)
        names = {row["name"] for row in select(connection, "SELECT name FROM customers")}
    if wanted not in names:
        return {
            "found": 0,
            "coupons": [],
            "note": f"없는 고객입니다: {customer_name!r}",
            "similar": nearest(wanted, names),
        }
    usable = [{**one, "usable": why_not(one, one["minimum"], today) is None} for one in coupons]
    return {"found": len(usable), "customer_name": wanted, "coupons": usable}


@tool(policy=ToolPolicy(effect="idempotent"))
def issue_coupon(customer_id: str, code: str) -> dict[str, Any]:
    """누구나 받을 수 있는 쿠폰을 고객에게 발급합니다. 고객마다 한 번만 발급됩니다.

    Args:
        customer_id: 고객 번호. 예: "C-0001".
        code: 발급할 쿠폰 코드. 예: "SAVE3000".
    """
    customer, wanted, today = customer_id.strip().upper(), code.strip().upper(), TODAY.isoformat()
    with shop_to_change() as connection:
        coupons = select(connection, "SELECT * FROM coupons WHERE code = ?", wanted)
        if not select(connection, "SELECT 1 FROM customers WHERE id = ?", customer):
            return {"issued": False, "note": f"없는 고객 번호입니다: {customer_id!r}"}
        if not coupons or not coupons[0]["is_open"] or coupons[0]["expires_on"] < today:
            return {"issued": False, "note": _not_issued(coupons), "open": _open_codes(connection, today)}
        connection.execute(_ISSUE, (customer, wanted, today))
        (held,) = select(
            connection, "SELECT * FROM customer_coupons WHERE (customer_id, code) = (?, ?)", customer, wanted
        )
    return {"issued": True, "name": coupons[0]["name"], "expires_on": coupons[0]["expires_on"], **held}


@tool(policy=ToolPolicy(effect="idempotent"))
def apply_coupon(order_id: str, code: str) -> dict[str, Any]:
    """발송 전 주문에 고객이 가진 쿠폰을 적용해 결제 금액을 낮춥니다. 주문 하나에 쿠폰은 하나만 쓸 수 있습니다.

    Args:
        order_id: 쿠폰을 쓸 주문 번호. 예: "ORD-20261120-0001".
        code: 고객이 가진 쿠폰의 코드. 예: "THANKS5000".
    """
    wanted, chosen = order_id.strip().upper(), code.strip().upper()
    with shop_to_change() as connection:
        orders = select(connection, "SELECT id, status, total FROM orders WHERE id = ?", wanted)
        if not orders:
            known = [row["id"] for row in select(connection, "SELECT id FROM orders")]
            note = f"없는 주문 번호입니다: {order_id!r}"
            return {"applied": False, "note": note, "similar": nearest_ids(wanted, known)}
        held = {one["code"]: one for one in select(connection, _FOR_ORDER, wanted)}
        used = next((one for one in held.values() if one["order_id"] == wanted), None)
        if used is not None and used["code"] == chosen:  # asked once more: it stays as it is
            return _applied(orders[0], used)
        if refusal := _refusal(orders[0], held, used, chosen):
            return {"applied": False, "order_id": wanted, "note": refusal, "coupons": sorted(held)}
        return _use(connection, orders[0], held[chosen])


def _use(connection: sqlite3.Connection, order: dict[str, Any], coupon: dict[str, Any]) -> dict[str, Any]:
    discount = discount_of(coupon, order["total"])
    connection.execute(_USE, (order["id"], discount, TODAY.isoformat(), coupon["code"], order["id"]))
    connection.execute("UPDATE orders SET total = total - ? WHERE id = ?", (discount, order["id"]))
    return _applied({**order, "total": order["total"] - discount}, {**coupon, "discount": discount})


def _applied(order: dict[str, Any], coupon: dict[str, Any]) -> dict[str, Any]:
    named = {"order_id": order["id"], "code": coupon["code"], "name": coupon["name"]}
    return {"applied": True, **named, "discount": coupon["discount"], "total": order["total"]}


def _refusal(
    order: dict[str, Any], held: dict[str, dict[str, Any]], used: dict[str, Any] | None, code: str
) -> str | None:
    if code not in held:
        return f"이 고객이 가진 쿠폰이 아닙니다: {code}"
    if order["status"] not in _BEFORE_SENT:
        return f"발송 전 주문에만 쿠폰을 쓸 수 있습니다. 지금 상태는 {order['status']}입니다."
    if used is not None:
        return f"이 주문에는 이미 쿠폰 {used['code']}을 썼습니다."
    return why_not(held[code], order["total"], TODAY.isoformat())


def _name(given: str) -> str:
    return "".join(given.split()).removesuffix("님")


def _not_issued(coupons: list[dict[str, Any]]) -> str:
    if not coupons:
        return "없는 쿠폰 코드입니다."
    return "기한이 지난 쿠폰입니다." if coupons[0]["is_open"] else "조건에 맞는 고객에게 자동으로 발급되는 쿠폰입니다."


def _open_codes(connection: sqlite3.Connection, today: str) -> list[str]:
    found = select(connection, "SELECT code FROM coupons WHERE is_open = 1 AND expires_on >= ?", today)
    return [row["code"] for row in found]
