"""Plan and execute: a request of several parts is planned, carried out with the shop's tools, and answered once."""

from clovax_agents import Toolbox
from clovax_agents.prebuilt import plan_execute_agent

PROMPT = "당신은 온라인 쇼핑몰의 고객 지원 담당자입니다. 반드시 도구로 확인한 사실만으로 존댓말로 답하세요."
STEP = "당신은 온라인 쇼핑몰의 실무 담당자입니다. 맡은 일 하나를 도구로 처리하고, 확인한 사실만 짧게 보고하세요."

graph = plan_execute_agent(
    tools=Toolbox.from_path("../tools"),
    model="HCX-007",
    planner="HCX-007",
    answer="HCX-005",
    prompt=PROMPT,
    step_prompt=STEP,
).compile(name="plan")
