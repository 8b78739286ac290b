"""Find products and look at one of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from clovax_agents import ToolPolicy, tool

from ._database import select, shop
from ._matching import nearest, nearest_ids, score

# Below this a product shares no word with the query and only a few letters.
_RELEVANT = 0.5


@tool(policy=ToolPolicy(effect="read"))
def search_products(
    query: str,
    category: str | None = None,
    max_price: Annotated[int | None, Field(ge=0)] = None,
    limit: Annotated[int, Field(ge=1, le=20)] = 5,
) -> dict[str, Any]:
    """쇼핑몰의 상품을 검색합니다.

    상품명, 분류, 설명에서 찾아 관련이 높은 순서로 돌려줍니다. 가격은 원(KRW)입니다.

    Args:
        query: 검색어. 예: "무선 이어폰", "캠핑".
        category: 상품 분류로 좁힐 때만 씁니다. 예: "주방가전", "신발".
        max_price: 이 가격(원) 이하의 상품만 찾습니다.
        limit: 돌려줄 상품의 최대 개수.
    """
    with shop() as connection:
        rows = select(connection, "SELECT * FROM products ORDER BY id")
    categories = sorted({row["category"] for row in rows})
    if category is not None:
        chosen = nearest(category, categories, count=1)
        if not chosen:
            return {"found": 0, "products": [], "note": f"없는 분류입니다: {category!r}", "categories": categories}
        rows = [row for row in rows if row["category"] == chosen[0]]
    relevant = _relevant(query, rows)
    affordable = [row for row in relevant if max_price is None or row["price"] <= max_price]
    if not affordable:
        return _nothing(query, rows, relevant)
    return {"found": len(affordable), "products": [_brief(row) for row in affordable[:limit]]}


@tool(policy=ToolPolicy(effect="read"))
def get_product(product_id: str) -> dict[str, Any]:
    """상품 하나의 가격, 재고, 평점, 설명을 조회합니다.

    Args:
        product_id: 상품 번호. 예: "P-0001". 모르면 search_products로 먼저 찾습니다.
    """
    wanted = product_id.strip().upper()
    with shop() as connection:
        found = select(connection, "SELECT * FROM products WHERE id = ?", wanted)
        if found:
            return {"found": True, **found[0]}
        rows = select(connection, "SELECT id, name FROM products")
    near = nearest_ids(wanted, [row["id"] for row in rows]) or nearest(product_id, [row["name"] for row in rows])
    return {"found": False, "note": f"없는 상품 번호입니다: {product_id!r}", "similar": near}


def _relevant(query: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The products that answer the query, best first, without those that are far behind the best one."""
    ranked = [(_rank(query, row), row) for row in rows]
    threshold = max(_RELEVANT, max(rank for rank, _ in ranked) / 2)
    found = [pair for pair in ranked if pair[0] >= threshold]
    found.sort(key=lambda pair: (-pair[0], -pair[1]["rating"], pair[1]["id"]))
    return [row for _, row in found]


def _rank(query: str, row: dict[str, Any]) -> float:
    """The name counts fully, category and description less."""
    return max(
        score(query, row["name"]),
        0.6 * score(query, f"{row['category']} {row['name']}"),
        0.4 * score(query, f"{row['name']} {row['description']}"),
    )


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("id", "name", "category", "price", "stock", "rating")}


def _nothing(query: str, rows: list[dict[str, Any]], too_dear: list[dict[str, Any]]) -> dict[str, Any]:
    """An honest empty answer with the nearest thing there is."""
    if too_dear:
        cheapest = min(too_dear, key=lambda row: row["price"])
        return {"found": 0, "products": [], "note": "이 가격 이하의 상품이 없습니다.", "cheapest": _brief(cheapest)}
    similar = nearest(query, {row["name"] for row in rows}, at_least=0.15)
    return {"found": 0, "products": [], "note": f"맞는 상품이 없습니다: {query!r}", "similar": similar}
