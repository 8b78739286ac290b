"""Product researcher: a deep agent that compares products, keeps notes in files and writes a report."""

from clovax_agents import Toolbox
from clovax_agents.handoffs import Agent
from clovax_agents.prebuilt import deep_agent, react_agent
from clovax_agents.toolkit import calculator, current_time

PROMPT = """\
당신은 온라인 쇼핑몰의 상품 조사 담당자입니다. 도구로 확인한 사실만 쓰세요.
비교와 추천은 /report.md에 표로 정리하고, 사용자에게는 결론과 근거를 짧게 답하세요.
"""
SEARCHER = "당신은 상품 검색 담당자입니다. 상품을 찾아 이름, 가격, 재고, 평점을 빠짐없이 보고하세요."

products = Toolbox.from_path("../tools").filter(["search_products", "get_product"])
searcher = Agent(
    name="searcher",
    description="상품 검색과 상세 정보 확인",
    runs=react_agent(model="HCX-007", tools=products, prompt=SEARCHER),
)
graph = deep_agent(
    model="HCX-007",
    tools=products.add(calculator, current_time),
    subagents=[searcher],
    general_purpose=False,
    prompt=PROMPT,
).compile(name="research")
