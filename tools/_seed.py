"""The rows of the shop, made from a fixed random seed: the same on every machine, on every day.

These orders always exist, for demonstrations and tests:

    ORD-20261118-0001  김서연  배송중
    ORD-20261120-0001  이민준  결제완료
    ORD-20261119-0001  박지우  상품준비중
    ORD-20261101-0001  김서연  배송완료
    ORD-20261110-0001  이민준  주문취소

김서연 has the coupons WELCOME10 and FREESHIP, 이민준 has THANKS5000 and an expired one; SAVE3000 is open to everybody.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from ._catalog import BRANDS, CARRIERS, CATEGORIES, CITIES, FAMILY_NAMES, GIVEN_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TODAY", "ShopRows", "make_rows"]

Row = tuple[str | int | float | None, ...]

TODAY = date(2026, 11, 20)
_DAYS = 90
_CUSTOMERS = 120
_KNOWN_CUSTOMERS = ("김서연", "이민준", "박지우")
_KNOWN_ORDERS = {
    (date(2026, 11, 18), 1): (0, "배송중"),
    (date(2026, 11, 20), 1): (1, "결제완료"),
    (date(2026, 11, 19), 1): (2, "상품준비중"),
    (date(2026, 11, 1), 1): (0, "배송완료"),
    (date(2026, 11, 10), 1): (1, "주문취소"),
}
_COUPONS: tuple[Row, ...] = (
    ("WELCOME10", "첫 구매 10% 할인", 0, 10, 20_000, 30_000, "2026-12-31", 0),
    ("SAVE3000", "11월 3,000원 할인", 3_000, 0, 3_000, 20_000, "2026-11-30", 1),
    ("THANKS5000", "단골 고객 5,000원 할인", 5_000, 0, 5_000, 50_000, "2026-12-15", 0),
    ("FREESHIP", "배송비 3,000원 할인", 3_000, 0, 3_000, 0, "2026-11-25", 0),
    ("AUTUMN15", "가을 정기 세일 15% 할인", 0, 15, 30_000, 50_000, "2026-10-31", 1),
)
_ISSUED: tuple[Row, ...] = (
    ("C-0001", "WELCOME10", "2026-11-01", None, None, None),
    ("C-0001", "FREESHIP", "2026-11-18", None, None, None),
    ("C-0002", "THANKS5000", "2026-11-02", None, None, None),
    ("C-0002", "AUTUMN15", "2026-10-05", None, None, None),
    ("C-0003", "WELCOME10", "2026-11-19", None, None, None),
)
_REASONS = (
    ("단순 변심", "생각한 색상과 달라요", 3_000),
    ("상품 하자", "받았을 때 긁힌 자국이 있었어요", 0),
    ("오배송", "다른 상품이 왔어요", 0),
)
_PAYMENTS = ("신용카드", "네이버페이", "카카오페이", "계좌이체")


@dataclass(slots=True)
class ShopRows:
    """One list of rows per table, columns in the order of the schema."""

    products: list[Row] = field(default_factory=list[Row])
    customers: list[Row] = field(default_factory=list[Row])
    orders: list[Row] = field(default_factory=list[Row])
    order_items: list[Row] = field(default_factory=list[Row])
    deliveries: list[Row] = field(default_factory=list[Row])
    delivery_events: list[Row] = field(default_factory=list[Row])
    refunds: list[Row] = field(default_factory=list[Row])
    coupons: list[Row] = field(default_factory=list[Row])
    customer_coupons: list[Row] = field(default_factory=list[Row])


def make_rows() -> ShopRows:
    """All rows of the shop."""
    rng = random.Random(20261120)  # noqa: S311 - invented data has to be the same everywhere, not secret
    rows = ShopRows()
    rows.products.extend(_products(rng))
    rows.customers.extend(_customers(rng))
    for age in range(_DAYS, -1, -1):
        day = TODAY - timedelta(days=age)
        for number in range(1, rng.choice((3, 4, 4, 5, 6)) + 1):
            _add_order(rng, rows, day, number)
    rows.refunds.extend(_refunds(rows))
    rows.coupons.extend(_COUPONS)
    rows.customer_coupons.extend(_ISSUED)
    return rows


def _refunds(rows: ShopRows) -> Iterator[Row]:
    """For each order that came back: asked for on the day after it had arrived, and paid back four days later."""
    delivered = {row[0]: str(row[6]) for row in rows.deliveries}
    returned = [row for row in rows.orders if row[3] == "반품접수"]
    for number, (order_id, _, _, _, total, _) in enumerate(returned):
        asked = date.fromisoformat(delivered[order_id][:10]) + timedelta(days=1)
        paid = asked + timedelta(days=4)
        reason, detail, fee = _REASONS[number % len(_REASONS)]
        state = "환불완료" if paid <= TODAY else "접수"
        paid_on = paid.isoformat() if paid <= TODAY else None
        amount = int(total or 0) - fee
        yield f"seed-{number}", order_id, reason, detail, fee, amount, state, asked.isoformat(), paid_on


def _products(rng: random.Random) -> Iterator[Row]:
    number = 0
    for category in CATEGORIES:
        for kind in category.kinds:
            brands = rng.sample(BRANDS, len(category.variants))
            for brand, variant in zip(brands, category.variants, strict=True):
                number += 1
                price = rng.randrange(kind.cheapest, kind.dearest + 1) * 1000 - rng.choice((0, 100))
                stock = 0 if rng.random() < 0.07 else rng.randrange(1, 250)  # noqa: PLR2004 - about one in 14 is sold out
                rating = rng.randrange(36, 51) / 10
                name = f"{brand} {kind.noun} {variant}"
                yield f"P-{number:04}", name, category.name, brand, price, stock, rating, kind.text


def _customers(rng: random.Random) -> Iterator[Row]:
    names: list[str] = list(_KNOWN_CUSTOMERS)
    while len(names) < _CUSTOMERS:
        name = rng.choice(FAMILY_NAMES) + rng.choice(GIVEN_NAMES)
        if name not in _KNOWN_CUSTOMERS:
            names.append(name)
    for number, name in enumerate(names, start=1):
        city, street = rng.choice(CITIES)
        phone = f"010-0000-{number:04}"  # a range that no subscriber has
        yield (
            f"C-{number:04}",
            name,
            phone,
            f"customer{number:04}@example.com",
            f"{city} {street} {rng.randrange(1, 200)}",
        )


def _add_order(rng: random.Random, rows: ShopRows, day: date, number: int) -> None:
    order_id = f"ORD-{day:%Y%m%d}-{number:04}"
    known = _KNOWN_ORDERS.get((day, number))
    customer = rows.customers[known[0] if known else rng.randrange(len(rows.customers))]
    status = known[1] if known else _status(rng, (TODAY - day).days)
    ordered_at = datetime.combine(day, time(rng.randrange(0, 18), rng.randrange(60)))
    total = 0
    for line, product in enumerate(rng.sample(rows.products, rng.choice((1, 1, 1, 2, 2, 3))), start=1):
        quantity, price = rng.choice((1, 1, 1, 2, 3)), int(product[4] or 0)
        rows.order_items.append((order_id, line, product[0], quantity, price))
        total += quantity * price
    rows.orders.append((order_id, customer[0], _stamp(ordered_at), status, total, rng.choice(_PAYMENTS)))
    if status in {"배송중", "배송완료", "반품접수"}:
        _add_delivery(rng, rows, order_id, ordered_at, str(customer[4]), under_way=status == "배송중")


def _status(rng: random.Random, age: int) -> str:
    """What has become of an order after so many days."""
    if rng.random() < 0.05:  # noqa: PLR2004 - one in twenty is cancelled
        return "주문취소"
    if age <= 1:
        return ("결제완료", "상품준비중")[age]
    if age <= 3:  # noqa: PLR2004 - parcels arrive after three days at the latest
        return "배송중"
    return "반품접수" if rng.random() < 0.04 else "배송완료"  # noqa: PLR2004 - one in 25 comes back


def _add_delivery(
    rng: random.Random, rows: ShopRows, order_id: str, ordered_at: datetime, address: str, *, under_way: bool
) -> None:
    shipped = datetime.combine(ordered_at.date() + timedelta(days=1), time(rng.randrange(9, 12), rng.randrange(60)))
    steps = list(_steps(shipped, address.partition(" ")[0]))
    if under_way:
        steps = steps[: rng.randrange(2, 4)]
    # Half of the parcels that are under way were sent yesterday: what has not happened yet is not reported.
    steps = [step for step in steps if step[0].date() <= TODAY]
    delivered = None if under_way else _stamp(steps[-1][0])
    tracking = str(rng.randrange(10**11, 10**12))
    expected = (shipped + timedelta(days=2)).date().isoformat()
    state = "배송중" if under_way else "배송완료"
    carrier = rng.choice(CARRIERS)
    rows.deliveries.append((order_id, carrier, tracking, state, _stamp(shipped), expected, delivered))
    for number, (moment, place, text) in enumerate(steps, start=1):
        rows.delivery_events.append((order_id, number, _stamp(moment), place, text))


def _steps(shipped: datetime, city: str) -> Iterator[tuple[datetime, str, str]]:
    yield shipped, "이천 물류센터", "상품을 인수했습니다"
    yield shipped + timedelta(hours=9), "옥천 허브", "허브 터미널에 도착했습니다"
    yield shipped + timedelta(hours=17), f"{city} 배송센터", "배송센터에 도착했습니다"
    yield shipped + timedelta(hours=23), f"{city} 배송센터", "배송을 출발했습니다"
    yield shipped + timedelta(hours=28), city, "배송을 완료했습니다"


def _stamp(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")
