"""Search the shop's policies: refunds, exchanges, delivery, points and all else that is written down."""

from __future__ import annotations

from pathlib import Path

from clovax_agents.toolkit import markdown_documents, retriever_tool

__all__ = ["search_policies"]

_FOLDER = Path(__file__).with_name("_policies")

# Without kiwipiepy's dictionary: it costs half a gigabyte, and finds little more in these texts
# (docs/rag.md, "How often it finds the passage").
search_policies = retriever_tool(
    markdown_documents(_FOLDER),
    name="search_policies",
    description=(
        "쇼핑몰의 정책 문서를 검색합니다: 주문 취소, 반품과 환불, 교환, 배송, 회원 등급과 적립금, 쿠폰, 결제, 상품권, "
        "품질 보증과 수리, 설치, 해외 배송, 개인정보. 기한, 비용, 조건처럼 규정을 물을 때 씁니다."
    ),
    query_description='찾을 내용. 예: "반품 배송비", "적립금 유효 기간".',
    morphemes=False,
)
