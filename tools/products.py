"""Find products and look at one of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from clovax_agents.tooling import tool

from ._database import query, shop
from ._matching import nearest, score

# Below this a product shares no word with the query and only a few letters.
_RELEVANT = 0.5


@tool
def search_products(
    query_text: str,
    category: str | None = None,
    max_price: Annotated[int | None, Field(ge=0)] = None,
    limit: Annotated[int, Field(ge=1, le=20)] = 5,
) -> dict[str, Any]:
    """쇼핑몰의 상품을 검색합니다.

    상품명, 분류, 설명에서 찾아 관련이 높은 순서로 돌려줍니다. 가격은 원(KRW)입니다.

    Args:
        query_text: 검색어. 예: "무선 이어폰", "캠핑".
        category: 상품 분류로 좁힐 때만 씁니다. 예: "주방가전", "신발".
        max_price: 이 가격(원) 이하의 상품만 찾습니다.
        limit: 돌려줄 상품의 최대 개수.
    """
    with shop() as connection:
        rows = query(connection, "SELECT * FROM products ORDER BY id")
    categories = sorted({row["category"] for row in rows})
    if category is not None:
        chosen = nearest(category, categories, count=1)
        if not chosen:
            return {"found": 0, "products": [], "note": f"분류 {category!r}가 없습니다.", "categories": categories}
        rows = [row for row in rows if row["category"] == chosen[0]]
    ranked = [(rank, row) for row in rows if (rank := _rank(query_text, row)) >= _RELEVANT]
    ranked.sort(key=lambda pair: (-pair[0], -pair[1]["rating"], pair[1]["id"]))
    affordable = [row for _, row in ranked if max_price is None or row["price"] <= max_price]
    if not affordable:
        return _nothing(query_text, rows, [row for _, row in ranked])
    return {"found": len(affordable), "products": [_brief(row) for row in affordable[:limit]]}


@tool
def get_product(product_id: str) -> dict[str, Any]:
    """상품 하나의 가격, 재고, 평점, 설명을 조회합니다.

    Args:
        product_id: 상품 번호. 예: "P-0001". 모르면 search_products로 먼저 찾습니다.
    """
    wanted = product_id.strip().upper()
    with shop() as connection:
        found = query(connection, "SELECT * FROM products WHERE id = ?", wanted)
        if found:
            return {"found": True, **found[0]}
        rows = query(connection, "SELECT id, name FROM products")
    near = nearest(wanted, [row["id"] for row in rows]) or nearest(product_id, [row["name"] for row in rows])
    return {"found": False, "note": f"상품 {product_id!r}을(를) 찾을 수 없습니다.", "similar": near}


def _rank(query_text: str, row: dict[str, Any]) -> float:
    """The name counts fully, category and description less."""
    return max(
        score(query_text, row["name"]),
        0.6 * score(query_text, f"{row['category']} {row['name']}"),
        0.4 * score(query_text, f"{row['name']} {row['description']}"),
    )


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("id", "name", "category", "price", "stock", "rating")}


def _nothing(query_text: str, rows: list[dict[str, Any]], too_dear: list[dict[str, Any]]) -> dict[str, Any]:
    """An honest empty answer with the nearest thing there is."""
    if too_dear:
        cheapest = min(too_dear, key=lambda row: row["price"])
        return {"found": 0, "products": [], "note": "이 가격 이하의 상품이 없습니다.", "cheapest": _brief(cheapest)}
    similar = nearest(query_text, {row["name"] for row in rows}, at_least=0.15)
    return {"found": 0, "products": [], "note": f"{query_text!r}에 맞는 상품이 없습니다.", "similar": similar}
