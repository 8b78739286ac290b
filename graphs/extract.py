"""Complaint form: made of what a customer writes, checked, and asked about where something is missing or wrong."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from clovax_agents.prebuilt import extraction_agent

PROMPT = "온라인 쇼핑몰의 고객이 보낸 글을 읽고 접수 양식을 채웁니다. 금액은 원 단위의 정수로 씁니다."


class Complaint(BaseModel):
    """고객 불만 접수 양식."""

    order_id: Annotated[str, Field(pattern=r"^ORD-\d{8}-\d{4}$", description="주문 번호, 예: ORD-20261120-0001")]
    kind: Annotated[Literal["환불", "교환", "배송", "기타"], Field(description="원하는 처리")]
    amount: Annotated[int | None, Field(ge=0, description="금액(원)")] = None
    phone: Annotated[str | None, Field(pattern=r"^01\d-\d{3,4}-\d{4}$", description="휴대폰 번호")] = None
    reason: Annotated[str, Field(min_length=2, description="사유")]


graph = extraction_agent(schema=Complaint, model="HCX-007", prompt=PROMPT).compile(name="extract")
