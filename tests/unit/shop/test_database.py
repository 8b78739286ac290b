"""The shop's file makes itself, is the same everywhere, and survives several processes."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from clovax_agents.tooling import Toolbox

TOOLS = Path(__file__).resolve().parents[3] / "tools"
START = """
import sys, time
from clovax_agents.tooling import Toolbox
box = Toolbox.from_path(sys.argv[1])
time.sleep(max(0.0, float(sys.argv[2]) - time.time()))
print(box["get_order"].invoke({"order_id": "ORD-20261118-0001"}))
"""


def dump(path: Path) -> list[str]:
    """Everything that a database file holds."""
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for a shop that does not exist yet."""
    path = tmp_path / "deep" / "shop.sqlite3"
    monkeypatch.setenv("CLOVAX_SHOP_DB", str(path))
    return path


def test_rows_are_the_same_every_time(seed: ModuleType) -> None:
    """Two seedings give equal rows, of about the promised numbers."""
    rows = seed.make_rows()

    assert rows == seed.make_rows()
    assert len(rows.products) == 300
    assert len({row[1] for row in rows.products}) == 300
    assert len(rows.customers) == 120
    assert 350 < len(rows.orders) < 450


def test_rows_fit_together(seed: ModuleType) -> None:
    """Totals are the sums of their items, dates lie within 90 days, and parcels belong to orders that were sent."""
    rows = seed.make_rows()
    sums: Counter[str] = Counter()
    for order_id, _, _, quantity, price in rows.order_items:
        sums[order_id] += quantity * price
    statuses = {row[0]: row[3] for row in rows.orders}

    assert {row[0]: row[4] for row in rows.orders} == sums
    assert all(re.fullmatch(r"ORD-2026\d{4}-\d{4}", order_id) for order_id in statuses)
    assert all("2026-08-22" <= row[2] < "2026-11-21" for row in rows.orders)
    assert {statuses[row[0]] for row in rows.deliveries} == {"배송중", "배송완료", "반품접수"}
    assert all(row[2] < "2026-11-21" for row in rows.delivery_events)
    assert {row[0] for row in rows.delivery_events} == {row[0] for row in rows.deliveries}


@pytest.mark.parametrize(
    ("order_id", "customer", "status"),
    [
        ("ORD-20261118-0001", "김서연", "배송중"),
        ("ORD-20261120-0001", "이민준", "결제완료"),
        ("ORD-20261119-0001", "박지우", "상품준비중"),
        ("ORD-20261101-0001", "김서연", "배송완료"),
        ("ORD-20261110-0001", "이민준", "주문취소"),
    ],
)
def test_the_documented_orders_exist(box: Toolbox, order_id: str, customer: str, status: str) -> None:
    """The orders that the documentation names are there with their customers and states."""
    order = box["get_order"].invoke({"order_id": order_id})

    assert (order["customer_name"], order["status"]) == (customer, status)


def test_the_file_is_made_at_the_first_call(loaded: Toolbox, file: Path) -> None:
    """The first call creates folder and file, and leaves nothing else behind."""
    loaded["get_order"].invoke({"order_id": "ORD-20261118-0001"})

    assert [entry.name for entry in file.parent.iterdir()] == ["shop.sqlite3"]


def test_the_file_is_made_once(loaded: Toolbox, file: Path) -> None:
    """A second call uses the file that the first one made."""
    loaded["list_orders"].invoke({"customer_name": "김서연"})
    before = file.stat()
    loaded["list_orders"].invoke({"customer_name": "김서연"})

    assert file.stat() == before


def test_an_older_file_is_written_anew(loaded: Toolbox, database: ModuleType, file: Path) -> None:
    """A file of another version is replaced by one like any other."""
    loaded["list_orders"].invoke({"customer_name": "김서연"})
    fresh = dump(file)
    connection = sqlite3.connect(file)
    connection.executescript("DELETE FROM orders; PRAGMA user_version = 0")
    connection.close()

    assert loaded["list_orders"].invoke({"customer_name": "김서연"})["found"] == 3
    assert dump(file) == fresh
    with database.shop() as reading, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reading.execute("DELETE FROM orders")


@pytest.mark.parametrize("kind", ["database", "text"])
def test_a_file_of_somebody_else_is_never_replaced(loaded: Toolbox, file: Path, kind: str) -> None:
    """A file that is not the shop's stays as it is, and the error says what to do."""
    file.parent.mkdir()
    if kind == "text":
        file.write_text("keep me " * 200, encoding="utf-8")
    else:
        connection = sqlite3.connect(file)
        connection.executescript("CREATE TABLE mine (x)")
        connection.close()
    before = file.read_bytes()

    with pytest.raises(RuntimeError, match="CLOVAX_SHOP_DB"):
        loaded["get_order"].invoke({"order_id": "ORD-20261118-0001"})

    assert file.read_bytes() == before


def test_an_empty_file_counts_as_none(loaded: Toolbox, file: Path) -> None:
    """A file that was only touched is filled."""
    file.parent.mkdir()
    file.touch()

    assert loaded["get_order"].invoke({"order_id": "ORD-20261118-0001"})["found"] is True


def test_threads_may_start_together(loaded: Toolbox, file: Path) -> None:
    """Eight threads that all find no file get the same answer."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: loaded["list_orders"].invoke({"customer_name": "김서연"}), range(8)))

    assert all(answer == answers[0] for answer in answers)
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


@pytest.mark.soak
def test_processes_may_start_together(tmp_path: Path, database: ModuleType) -> None:
    """Four processes that all find no file get the same answer and leave one intact file."""
    file = tmp_path / "shared" / "shop.sqlite3"
    environment = {**os.environ, "CLOVAX_SHOP_DB": str(file), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", START, str(TOOLS), str(time.time() + 2)]
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8")  # noqa: S603
        for _ in range(4)
    ]
    answers = {process.communicate(timeout=60)[0] for process in running}

    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert len(answers) == 1
    assert "김서연" in answers.pop()
    assert [entry.name for entry in file.parent.iterdir()] == ["shop.sqlite3"]
    assert database._is_current(file)


def test_the_file_lies_beside_the_tools_unless_told_otherwise(
    database: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without CLOVAX_SHOP_DB the file is .data/shop.sqlite3 in the application's folder."""
    monkeypatch.delenv("CLOVAX_SHOP_DB", raising=False)
    assert database.location() == TOOLS.parent / ".data" / "shop.sqlite3"

    monkeypatch.setenv("CLOVAX_SHOP_DB", "elsewhere.sqlite3")
    assert database.location() == Path.cwd() / "elsewhere.sqlite3"
