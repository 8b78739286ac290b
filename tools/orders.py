"""Look up orders, by number or by customer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from clovax_agents import ToolPolicy, tool

from ._database import select, shop
from ._matching import nearest, nearest_ids

OrderStatus = Literal["결제완료", "상품준비중", "배송중", "배송완료", "주문취소", "반품접수"]

_ORDER = """
SELECT orders.id, customers.name AS customer_name, ordered_at, status, total, payment
FROM orders JOIN customers ON customers.id = customer_id
WHERE orders.id = ?
"""
_ITEMS = """
SELECT product_id, products.name, quantity, unit_price
FROM order_items JOIN products ON products.id = product_id
WHERE order_id = ? ORDER BY line
"""
_OF_CUSTOMER = """
SELECT orders.id, customers.id AS customer_id, ordered_at, status, total
FROM orders JOIN customers ON customers.id = customer_id
WHERE customers.name = ? ORDER BY ordered_at DESC
"""


@tool(policy=ToolPolicy(effect="read", labels=frozenset({"private_data"})))
def get_order(order_id: str) -> dict[str, Any]:
    """주문 하나의 상태, 상품, 금액을 조회합니다. 금액은 원(KRW)입니다.

    Args:
        order_id: 주문 번호. 예: "ORD-20261118-0001".
    """
    wanted = order_id.strip().upper()
    with shop() as connection:
        found = select(connection, _ORDER, wanted)
        if found:
            return {"found": True, **found[0], "items": select(connection, _ITEMS, wanted)}
        known = [row["id"] for row in select(connection, "SELECT id FROM orders")]
    note = f"없는 주문 번호입니다: {order_id!r}. 형식은 ORD-날짜-번호입니다."
    return {"found": False, "note": note, "similar": nearest_ids(wanted, known)}


@tool(policy=ToolPolicy(effect="read", labels=frozenset({"private_data"})))
def list_orders(
    customer_name: str,
    status: OrderStatus | None = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
) -> dict[str, Any]:
    """고객 이름으로 주문 목록을 최근 것부터 조회합니다.

    이름이 같은 고객이 여럿이면 customer_id로 구별합니다.

    Args:
        customer_name: 고객의 이름 전체. 예: "김서연".
        status: 이 상태의 주문만 찾을 때 씁니다.
        limit: 돌려줄 주문의 최대 개수.
    """
    wanted = "".join(customer_name.split()).removesuffix("님")
    with shop() as connection:
        orders = select(connection, _OF_CUSTOMER, wanted)
        names = {row["name"] for row in select(connection, "SELECT name FROM customers")}
    if wanted not in names:
        note = f"없는 고객입니다: {customer_name!r}"
        return {"found": 0, "orders": [], "note": note, "similar": nearest(wanted, names)}
    orders = [order for order in orders if status in {None, order["status"]}]
    return {"found": len(orders), "customer_name": wanted, "orders": orders[:limit]}
