"""Support desk: a small model chooses the specialists, several at once if a question needs them; cancelling asks."""

from clovax_agents import Toolbox
from clovax_agents.handoffs import Agent
from clovax_agents.prebuilt import react_agent, router_agent

PROMPT = "당신은 온라인 쇼핑몰의 {about} 담당자입니다. 반드시 도구로 확인한 사실만으로 짧게 답하세요."
SPECIALISTS = {
    "orders": ("주문 조회와 취소", ["get_order", "list_orders", "cancel_order", "calculate"]),
    "products": ("상품 검색과 재고, 가격 계산", ["search_products", "get_product", "calculate"]),
    "delivery": ("배송 상태", ["get_delivery_status"]),
    "refunds": ("반품 접수, 환불 조회", ["request_refund", "get_refund_status", "get_order"]),
    "coupons": ("쿠폰 조회, 발급, 적용", ["list_coupons", "issue_coupon", "apply_coupon"]),
}

tools = Toolbox.from_path("../tools")
graph = router_agent(
    branches=[
        Agent(
            name=name,
            description=about,
            runs=react_agent(model="HCX-007", tools=tools.filter(names), prompt=PROMPT.format(about=about)),
        )
        for name, (about, names) in SPECIALISTS.items()
    ],
    model="HCX-007",
    clarify=True,
).compile(name="support")
