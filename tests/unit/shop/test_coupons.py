"""Coupons are given and used once, by their rules, and come back with an order that does not stand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from clovax_agents.tooling.context import CURRENT, ToolContext

from .conftest import part

if TYPE_CHECKING:
    from pathlib import Path

    from clovax_agents import Toolbox

PAID, PREPARED, SENT = "ORD-20261120-0001", "ORD-20261119-0001", "ORD-20261118-0001"


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop of the test's own, because it is changed."""
    path = tmp_path / "shop.sqlite3"
    monkeypatch.setenv("CLOVAX_SHOP_DB", str(path))
    return path


def use(box: Toolbox, order_id: str, code: str) -> Any:
    """Use a coupon."""
    return box["apply_coupon"].invoke({"order_id": order_id, "code": code})


def give(box: Toolbox, customer_id: str, code: str) -> Any:
    """Give a coupon."""
    return box["issue_coupon"].invoke({"customer_id": customer_id, "code": code})


def listed(box: Toolbox, name: str) -> dict[str, Any]:
    """Return a customer's coupons by their codes."""
    return {one["code"]: one for one in box["list_coupons"].invoke({"customer_name": name})["coupons"]}


def total(box: Toolbox, order_id: str) -> int:
    """Return what an order costs."""
    return int(box["get_order"].invoke({"order_id": order_id})["total"])


def test_a_customer_s_coupons_are_listed_with_what_they_are_worth(loaded: Toolbox) -> None:
    """Also those that cannot be used any more, which say so; names that do not exist have near ones."""
    found = listed(loaded, "이민준 님")
    assert {code: one["usable"] for code, one in found.items()} == {"THANKS5000": True, "AUTUMN15": False}
    assert found["THANKS5000"]["minimum"] == 50_000
    assert "김서연" in loaded["list_coupons"].invoke({"customer_name": "김서언"})["similar"]


def test_a_coupon_lowers_the_price_once(loaded: Toolbox) -> None:
    """Asked again, also by many at once, it stays as it is."""
    before = total(loaded, PAID)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: use(loaded, PAID, "thanks5000"), range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert (answers[0]["applied"], answers[0]["discount"]) == (True, 5_000)
    assert total(loaded, PAID) == before - 5_000 == answers[0]["total"]
    used = listed(loaded, "이민준")["THANKS5000"]
    assert (used["usable"], used["order_id"]) == (False, PAID)


def test_a_share_has_its_most(loaded: Toolbox) -> None:
    """10% of more than a million won are 20,000 won here."""
    assert use(loaded, PREPARED, "WELCOME10")["discount"] == 20_000


@pytest.mark.parametrize(
    ("order_id", "code", "note"),
    [
        (PAID, "AUTUMN15", "사용 기한(2026-10-31)이 지난"),
        (PAID, "WELCOME10", "가진 쿠폰이 아닙니다"),
        (SENT, "FREESHIP", "발송 전 주문에만"),
        ("ORD-20261120-001", "FREESHIP", "없는 주문"),
    ],
)
def test_what_the_rules_do_not_allow_changes_nothing(
    loaded: Toolbox, file: Path, order_id: str, code: str, note: str
) -> None:
    """The answer says why."""
    total(loaded, PAID)
    before = file.read_bytes()
    answer = use(loaded, order_id, code)
    assert (answer["applied"], note in answer["note"]) == (False, True)
    assert file.read_bytes() == before


def test_an_order_takes_one_coupon_and_a_coupon_one_order(loaded: Toolbox) -> None:
    """And none for less than its least amount."""
    give(loaded, "C-0003", "SAVE3000")
    assert use(loaded, PREPARED, "WELCOME10")["applied"] is True
    assert "이미 쿠폰 WELCOME10" in use(loaded, PREPARED, "SAVE3000")["note"]
    why_not = part(loaded, "_coupons").why_not
    coupon = {"used_on": None, "expires_on": "2026-11-20", "minimum": 30_000}
    assert why_not(coupon, 30_000, "2026-11-20") is None
    assert "30,000원 이상" in why_not(coupon, 29_999, "2026-11-20")
    assert "이미 주문 A에" in why_not({**coupon, "used_on": "2026-11-20", "order_id": "A"}, 30_000, "2026-11-20")


def test_a_coupon_is_given_once(loaded: Toolbox) -> None:
    """Asked again, it gives the same; others than those for everybody are not given."""
    first = give(loaded, "c-0005", "save3000")
    assert (first["issued"], first["issued_on"]) == (True, "2026-11-20")
    assert give(loaded, "C-0005", "SAVE3000") == first
    for code, note in (("THANKS5000", "자동으로"), ("AUTUMN15", "기한이 지난"), ("NIX", "없는 쿠폰")):
        refused = give(loaded, "C-0005", code)
        assert (refused["issued"], note in refused["note"], refused["open"]) == (False, True, ["SAVE3000"])
    assert "없는 고객" in give(loaded, "C-9999", "SAVE3000")["note"]


def test_a_coupon_comes_back_with_a_cancelled_order(loaded: Toolbox) -> None:
    """What is paid back is what was paid, and the coupon can be used again."""
    paid = use(loaded, PAID, "THANKS5000")["total"]
    token = CURRENT.set(ToolContext(make_key=lambda: "k"))
    try:
        cancelled = loaded["cancel_order"].invoke({"order_id": PAID, "reason": "단순 변심"})
    finally:
        CURRENT.reset(token)
    assert cancelled["refund"] == paid
    assert listed(loaded, "이민준")["THANKS5000"]["usable"] is True
