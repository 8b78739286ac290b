"""The shop's policies: answers from its documents with sources, and says so where they do not tell."""

from pathlib import Path

from clovax_agents.prebuilt import rag_agent

ABOUT = (
    "온라인 쇼핑몰의 규정: 주문 취소, 반품과 환불, 교환, 배송, 회원 등급과 적립금, 쿠폰, 결제, 상품권, 품질 보증과 "
    "수리, 설치, 해외 배송, 개인정보"
)
PROMPT = "당신은 온라인 쇼핑몰의 고객 지원 담당자입니다. 정중하고 짧게 답하세요."

graph = rag_agent(
    documents=Path(__file__).parents[1] / "tools" / "_policies",
    about=ABOUT,
    model="HCX-007",
    prompt=PROMPT,
    morphemes=False,
).compile(name="rag")
