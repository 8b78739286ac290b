"""What models and users read about hand-overs between agents, in English or Korean: ``CLOVAX_LANG`` decides."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["tell"]

_KOREAN: Final = {
    # Tools
    "Hand the conversation over to the agent {agent}, who answers next. {about}":
        "다음 답변을 {agent} 에이전트에게 넘깁니다. {about}",
    "Give the agent {agent} a task and get its answer. It sees nothing but the task. {about}":
        "{agent} 에이전트에게 일을 맡기고 답을 받습니다. 이 에이전트는 맡긴 내용만 볼 수 있습니다. {about}",
    "The whole task, with everything that is needed for it": "맡길 일 전체. 필요한 정보를 모두 적습니다",
    "Give the user the last answer of an agent word for word, as the final answer. Use it when that answer needs no "
    "change":
        "에이전트의 마지막 답을 고치지 않고 그대로 사용자에게 최종 답변으로 전달합니다. 고칠 필요가 없을 때 씁니다",
    "Name of the agent whose answer it is": "답을 한 에이전트의 이름",
    # Results
    "handed over to {agent}": "{agent} 에이전트에게 넘겼습니다",
    "the answer of {agent} goes to the user": "{agent} 에이전트의 답을 사용자에게 전달합니다",
    "{agent} has not answered in this turn; it can be one of: {known}":
        "이번 차례에 {agent} 에이전트의 답이 없습니다. 전달할 수 있는 에이전트: {known}",
    "nobody has answered in this turn yet, so there is nothing to forward":
        "이번 차례에 아직 답한 에이전트가 없어서 전달할 것이 없습니다",
    "{agent} has taken over {count} times for this message already: answer the user from what it has said":
        "이 메시지에 대해 {agent} 에이전트가 이미 {count}번 답했습니다. 지금까지 받은 답으로 사용자에게 답하세요",
    "this message has been handed over {count} times without an answer: do not hand over again, answer the user "
    "yourself":
        "이 메시지는 답 없이 {count}번 넘겨졌습니다. 더 넘기지 말고 직접 사용자에게 답하세요",
    "{agent} has the conversation already: answer the user":
        "{agent} 에이전트가 이미 대화를 맡고 있습니다. 사용자에게 답하세요",
    # What other agents have said
    "[{agent} has answered]\n{text}": "[{agent} 에이전트의 답]\n{text}",
    "[called {name}({arguments})]": "[도구 호출: {name}({arguments})]",
    "[result of {name}]\n{text}": "[도구 {name}의 결과]\n{text}",
    "{text}. {agent} has handed the conversation back to you":
        "{text}. 그 뒤 {agent} 에이전트가 대화를 다시 넘겼습니다",
    "Go on with what is still open in my request.": "제 요청에서 아직 남은 것을 이어서 처리해 주세요.",
    # How it ended
    "{agent} gave no answer": "{agent} 에이전트가 답하지 않았습니다",
    "{agent} could not finish: {error}": "{agent} 에이전트가 일을 마치지 못했습니다: {error}",
    "The agents handed this over to each other {count} times without an answer, so I stopped. Please say more "
    "precisely what you need.":
        "상담원끼리 {count}번 넘기기만 하고 답을 찾지 못해 멈췄습니다. 무엇이 필요하신지 조금 더 자세히 말씀해 주세요.",
}  # fmt: skip

tell: Final = speaker(_KOREAN)
