"""Say where a parcel is."""

from __future__ import annotations

from typing import Any

from clovax_agents import ToolPolicy, tool

from ._database import select, shop
from ._matching import nearest_ids

_EVENTS = "SELECT at, place, description FROM delivery_events WHERE order_id = ? ORDER BY number"
_NOT_SENT = {
    "결제완료": "결제가 끝났고 아직 발송 전입니다.",
    "상품준비중": "상품을 준비하고 있으며 아직 발송 전입니다.",
    "주문취소": "취소된 주문이라 배송하지 않습니다.",
}


@tool(policy=ToolPolicy(effect="read"))
def get_delivery_status(order_id: str) -> dict[str, Any]:
    """주문의 배송 상태, 택배사, 운송장 번호, 이동 기록을 조회합니다.

    Args:
        order_id: 주문 번호. 예: "ORD-20261118-0001".
    """
    wanted = order_id.strip().upper()
    with shop() as connection:
        orders = select(connection, "SELECT status FROM orders WHERE id = ?", wanted)
        if not orders:
            known = [row["id"] for row in select(connection, "SELECT id FROM orders")]
            note = f"없는 주문 번호입니다: {order_id!r}"
            return {"found": False, "note": note, "similar": nearest_ids(wanted, known)}
        parcels = select(connection, "SELECT * FROM deliveries WHERE order_id = ?", wanted)
        if not parcels:
            status = orders[0]["status"]
            return {"found": True, "order_id": wanted, "status": status, "note": _NOT_SENT[status], "events": []}
        return {"found": True, **parcels[0], "events": select(connection, _EVENTS, wanted)}
