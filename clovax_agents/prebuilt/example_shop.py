"""A small database, for the SQL agent that a ``langgraph.json`` can name without anything of its own."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["example_shop"]

_SHOP: Final = """
CREATE TABLE products ( -- 상품
    id INTEGER PRIMARY KEY, -- 상품 번호
    name TEXT NOT NULL, -- 상품 이름
    category TEXT NOT NULL, -- 분류
    price INTEGER NOT NULL, -- 판매가(원)
    stock INTEGER NOT NULL -- 재고 수량
);
CREATE TABLE sales ( -- 판매 기록
    id INTEGER PRIMARY KEY, -- 판매 번호
    product_id INTEGER NOT NULL REFERENCES products (id), -- 판매한 상품
    sold_on TEXT NOT NULL, -- 판매일
    quantity INTEGER NOT NULL, -- 판매 수량
    status TEXT NOT NULL -- 처리 상태
);
INSERT INTO products VALUES
    (1, '무선 이어폰', '전자제품', 89000, 34), (2, '보조 배터리', '전자제품', 32000, 120),
    (3, '면 티셔츠', '의류', 15900, 210), (4, '방수 재킷', '의류', 79000, 0),
    (5, '드립 커피 세트', '식품', 24500, 58), (6, '현미 5kg', '식품', 18900, 77);
INSERT INTO sales VALUES
    (1, 1, '2026-11-02', 2, '배송완료'), (2, 3, '2026-11-03', 5, '배송완료'), (3, 5, '2026-11-09', 1, '배송완료'),
    (4, 2, '2026-11-12', 3, '반품'), (5, 6, '2026-11-15', 4, '배송완료'), (6, 1, '2026-11-18', 1, '배송중'),
    (7, 4, '2026-11-19', 1, '배송중'), (8, 3, '2026-11-20', 2, '결제완료');
"""


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="clovax-shop-", ignore_cleanup_errors=True)


@cache
def example_shop() -> Path:
    """Make the database, which goes with this process, and return where it is.

    Example:
        >>> example_shop().name
        'shop.sqlite3'
    """
    path = Path(_folder().name) / "shop.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_SHOP)
    return path
