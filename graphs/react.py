"""ReAct agent of the shop's support desk: looks things up, several at once, and cancels orders when a person agrees."""

from clovax_agents import Toolbox
from clovax_agents.prebuilt import react_agent

PROMPT = """\
당신은 온라인 쇼핑몰의 고객 지원 담당자입니다.
상품, 주문, 배송, 계산에 관한 질문에는 반드시 도구로 확인한 사실만으로 답하세요.
서로 다른 것을 묻는 질문이면 필요한 도구를 한꺼번에 호출하세요.
"""

graph = react_agent(model="HCX-007", tools=Toolbox.from_path("../tools"), prompt=PROMPT).compile(name="react")
