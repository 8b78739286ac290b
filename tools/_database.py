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

__all__ = ["location", "select", "shop", "shop_to_change"]

# Raise the version whenever the schema or the rows change: older files are then written anew.
_VERSION = 2
# Marks a file as ours ("CLVX"), so that nobody's own database is ever replaced.
_APPLICATION = 0x434C5658

_SCHEMA = """
CREATE TABLE products (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, brand TEXT NOT NULL, price INTEGER NOT NULL,
    stock INTEGER NOT NULL, rating REAL NOT NULL, description TEXT NOT NULL
) STRICT;
CREATE TABLE customers (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, phone TEXT NOT NULL, email TEXT NOT NULL, address TEXT NOT NULL
) STRICT;
CREATE TABLE orders (
    id TEXT PRIMARY KEY, customer_id TEXT NOT NULL REFERENCES customers (id), ordered_at TEXT NOT NULL,
    status TEXT NOT NULL, total INTEGER NOT NULL, payment TEXT NOT NULL
) STRICT;
CREATE TABLE order_items (
    order_id TEXT NOT NULL REFERENCES orders (id), line INTEGER NOT NULL,
    product_id TEXT NOT NULL REFERENCES products (id), quantity INTEGER NOT NULL, unit_price INTEGER NOT NULL,
    PRIMARY KEY (order_id, line)
) STRICT;
CREATE TABLE deliveries (
    order_id TEXT PRIMARY KEY REFERENCES orders (id), carrier TEXT NOT NULL, tracking_number TEXT NOT NULL,
    status TEXT NOT NULL, shipped_at TEXT NOT NULL, expected_on TEXT NOT NULL, delivered_at TEXT
) STRICT;
CREATE TABLE delivery_events (
    order_id TEXT NOT NULL REFERENCES deliveries (order_id), number INTEGER NOT NULL, at TEXT NOT NULL,
    place TEXT NOT NULL, description TEXT NOT NULL, PRIMARY KEY (order_id, number)
) STRICT;
CREATE TABLE cancellations (
    idempotency_key TEXT PRIMARY KEY, order_id TEXT NOT NULL UNIQUE REFERENCES orders (id), reason TEXT NOT NULL,
    refund INTEGER NOT NULL, cancelled_at TEXT NOT NULL
) STRICT;
CREATE INDEX orders_by_customer ON orders (customer_id, ordered_at);
CREATE INDEX customers_by_name ON customers (name);
"""


def location() -> Path:
    """Where the shop is kept, as the environment says at this moment."""
    named = os.environ.get("CLOVAX_SHOP_DB")
    return Path(named).absolute() if named else Path(__file__).resolve().parent.parent / ".data" / "shop.sqlite3"


@contextmanager
def shop() -> Generator[sqlite3.Connection]:
    """A connection for one call that only reads; works from any thread."""
    path = location()
    if not _is_current(path):
        _create(path)
    with closing(_open(path)) as connection:
        connection.execute("PRAGMA query_only = ON")
        yield connection


@contextmanager
def shop_to_change() -> Generator[sqlite3.Connection]:
    """A connection for one change: all of it is kept or, after an error or a crash, nothing."""
    path = location()
    if not _is_current(path):
        _create(path)
    with closing(_open(path)) as connection:
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
