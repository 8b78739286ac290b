"""What a coupon is worth for an order, and what becomes of it when the order does not stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GIVE_BACK_COUPON", "discount_of", "why_not"]

GIVE_BACK_COUPON = "UPDATE customer_coupons SET order_id = NULL, discount = NULL, used_on = NULL WHERE order_id = ?"


def discount_of(coupon: Mapping[str, Any], total: int) -> int:
    """The discount in won: of shares never more than the coupon allows, and whole tens, rounded down.

    Example:
        >>> discount_of({"won": 0, "percent": 10, "most": 20000}, 35980)
        3590
    """
    share = total * int(coupon["percent"]) // 1000 * 10
    return min(int(coupon["won"]) or share, int(coupon["most"]), total)


def why_not(coupon: Mapping[str, Any], total: int, today: str) -> str | None:
    """Why a coupon cannot be used for an order of this amount; None if it can."""
    if coupon["used_on"] is not None:
        return f"이미 주문 {coupon['order_id']}에 사용한 쿠폰입니다."
    if coupon["expires_on"] < today:
        return f"사용 기한({coupon['expires_on']})이 지난 쿠폰입니다."
    if total < coupon["minimum"]:
        return f"{coupon['minimum']:,}원 이상 주문에 쓸 수 있는 쿠폰인데, 주문 금액이 {total:,}원입니다."
    return None
