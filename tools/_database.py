"""The shop's SQLite file: made when it is first needed; read by all tools, changed by the few that have to.

The file is the one that CLOVAX_SHOP_DB names, or ``.data/shop.sqlite3`` beside this folder. Several processes may start
at once: one of them fills the file, in one transaction, and the others wait for it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._seed import ShopRows, make_rows

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["location", "made", "select", "shop", "shop_to_change"]

# Raise the version whenever the schema or the rows change: older files are then written anew.
_VERSION = 3
# Marks a file as ours ("CLVX"), so that nobody's own database is ever replaced.
_APPLICATION = 0x434C5658

_SCHEMA = """
CREATE TABLE products ( -- 상품
    id TEXT PRIMARY KEY, -- 상품 번호
    name TEXT NOT NULL, -- 상품 이름
    category TEXT NOT NULL, -- 분류
    brand TEXT NOT NULL, -- 브랜드
    price INTEGER NOT NULL, -- 판매가(원)
    stock INTEGER NOT NULL, -- 재고 수량
    rating REAL NOT NULL, -- 평점(5점 만점)
    description TEXT NOT NULL -- 설명
) STRICT;
CREATE TABLE customers ( -- 고객
    id TEXT PRIMARY KEY, -- 고객 번호
    name TEXT NOT NULL, -- 이름
    phone TEXT NOT NULL, -- 전화번호
    email TEXT NOT NULL, -- 이메일
    address TEXT NOT NULL -- 주소
) STRICT;
CREATE TABLE orders ( -- 주문
    id TEXT PRIMARY KEY, -- 주문 번호
    customer_id TEXT NOT NULL REFERENCES customers (id), -- 주문한 고객
    ordered_at TEXT NOT NULL, -- 주문 시각
    status TEXT NOT NULL, -- 주문 상태
    total INTEGER NOT NULL, -- 결제 금액(원)
    payment TEXT NOT NULL -- 결제 수단
) STRICT;
CREATE TABLE order_items ( -- 주문한 상품
    order_id TEXT NOT NULL REFERENCES orders (id), -- 주문 번호
    line INTEGER NOT NULL, -- 주문 안의 순서
    product_id TEXT NOT NULL REFERENCES products (id), -- 상품 번호
    quantity INTEGER NOT NULL, -- 수량
    unit_price INTEGER NOT NULL, -- 개당 가격(원)
    PRIMARY KEY (order_id, line)
) STRICT;
CREATE TABLE deliveries ( -- 배송
    order_id TEXT PRIMARY KEY REFERENCES orders (id), -- 주문 번호
    carrier TEXT NOT NULL, -- 택배사
    tracking_number TEXT NOT NULL, -- 운송장 번호
    status TEXT NOT NULL, -- 배송 상태
    shipped_at TEXT NOT NULL, -- 발송 시각
    expected_on TEXT NOT NULL, -- 도착 예정일
    delivered_at TEXT -- 배송 완료 시각
) STRICT;
CREATE TABLE delivery_events ( -- 배송 이동 기록
    order_id TEXT NOT NULL REFERENCES deliveries (order_id), -- 주문 번호
    number INTEGER NOT NULL, -- 순서
    at TEXT NOT NULL, -- 시각
    place TEXT NOT NULL, -- 장소
    description TEXT NOT NULL, -- 내용
    PRIMARY KEY (order_id, number)
) STRICT;
CREATE TABLE cancellations ( -- 주문 취소
    idempotency_key TEXT PRIMARY KEY, -- 요청 번호
    order_id TEXT NOT NULL UNIQUE REFERENCES orders (id), -- 주문 번호
    reason TEXT NOT NULL, -- 취소 사유
    refund INTEGER NOT NULL, -- 환불 금액(원)
    cancelled_at TEXT NOT NULL -- 취소 시각
) STRICT;
CREATE TABLE refunds ( -- 반품과 환불
    idempotency_key TEXT PRIMARY KEY, -- 요청 번호
    order_id TEXT NOT NULL UNIQUE REFERENCES orders (id), -- 주문 번호
    reason TEXT NOT NULL, -- 사유
    detail TEXT NOT NULL, -- 고객의 설명
    fee INTEGER NOT NULL, -- 고객이 내는 반품 배송비(원)
    refund INTEGER NOT NULL, -- 환불 금액(원)
    status TEXT NOT NULL, -- 처리 상태
    requested_on TEXT NOT NULL, -- 접수일
    refunded_on TEXT -- 환불일
) STRICT;
CREATE TABLE coupons ( -- 쿠폰 종류
    code TEXT PRIMARY KEY, -- 쿠폰 코드
    name TEXT NOT NULL, -- 이름
    won INTEGER NOT NULL, -- 할인액(원), 정률 쿠폰은 0
    percent INTEGER NOT NULL, -- 할인율(%), 정액 쿠폰은 0
    most INTEGER NOT NULL, -- 최대 할인액(원)
    minimum INTEGER NOT NULL, -- 최소 주문 금액(원)
    expires_on TEXT NOT NULL, -- 사용 기한
    is_open INTEGER NOT NULL -- 누구나 받을 수 있으면 1
) STRICT;
CREATE TABLE customer_coupons ( -- 고객이 받은 쿠폰
    customer_id TEXT NOT NULL REFERENCES customers (id), -- 고객 번호
    code TEXT NOT NULL REFERENCES coupons (code), -- 쿠폰 코드
    issued_on TEXT NOT NULL, -- 받은 날
    order_id TEXT UNIQUE REFERENCES orders (id), -- 쿠폰을 쓴 주문
    discount INTEGER, -- 할인받은 금액(원)
    used_on TEXT, -- 사용한 날
    PRIMARY KEY (customer_id, code)
) STRICT;
CREATE INDEX orders_by_customer ON orders (customer_id, ordered_at);
CREATE INDEX customers_by_name ON customers (name);
"""


def location() -> Path:
    """Where the shop is kept, as the environment says at this moment."""
    named = os.environ.get("CLOVAX_SHOP_DB")
    return Path(named).absolute() if named else Path(__file__).resolve().parent.parent / ".data" / "shop.sqlite3"


def made() -> Path:
    """Where the shop is kept, made if it is not there yet; for those who read the file by themselves."""
    path = location()
    if not _is_current(path):
        _create(path)
    return path


@contextmanager
def shop() -> Generator[sqlite3.Connection]:
    """A connection for one call that only reads; works from any thread."""
    with closing(_open(made())) as connection:
        connection.execute("PRAGMA query_only = ON")
        yield connection


@contextmanager
def shop_to_change() -> Generator[sqlite3.Connection]:
    """A connection for one change: all of it is kept or, after an error or a crash, nothing."""
    with closing(_open(made())) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")


def select(connection: sqlite3.Connection, statement: str, *values: str | int) -> list[dict[str, Any]]:
    """The rows that a statement finds, as dicts."""
    return [dict(row) for row in connection.execute(statement, values)]


def _open(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """Also those who only read may have to undo what a process that died has left, so "ro" will not do."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=30, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def _is_current(path: Path) -> bool:
    """Whether the file is there and of this version; a file that is not ours is an error."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    try:
        with closing(_open(path)) as connection:
            application, version = _marks(connection)
    except sqlite3.DatabaseError as error:
        raise RuntimeError(f"{path} is not the shop's database ({error}); {_ADVICE}") from error
    if application != _APPLICATION:
        raise RuntimeError(f"{path} is a database, but not the shop's; {_ADVICE}")
    return version == _VERSION


_ADVICE = "move it away, or let CLOVAX_SHOP_DB name another file"


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    """Whose file it is, and its version."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(_open(path, "rwc")) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        if _marks(connection) != (_APPLICATION, _VERSION):  # another process may have been faster
            _fill(connection, make_rows())
        connection.execute("COMMIT")


def _fill(connection: sqlite3.Connection, rows: ShopRows) -> None:
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        connection.execute(f"DROP TABLE {table}")
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {_VERSION}")
    for table in fields(rows):
        content = getattr(rows, table.name)
        marks = ", ".join("?" * len(content[0]))
        connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", content)  # noqa: S608 - our own names
