"""What models and users read about plans, in English or Korean: ``CLOVAX_LANG`` decides."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    # The planner
    "Make a plan for the user's last message. Others carry out its steps with these tools:\n{tools}\n\nAnswer with one "
    "JSON object and nothing else, of this form:\n{form}\nEach step is a task that is complete in itself: with every "
    'name and number that it needs, because whoever carries it out does not see the conversation. "after" lists the '
    "numbers of earlier steps whose results it needs; it is [] if the step can begin at once. Use as few steps as "
    "possible, {most} at most. If no tool is needed, answer {empty}. Do not answer the message itself.":
        "사용자의 마지막 메시지를 처리할 계획을 세우세요. 단계는 다른 담당이 아래 도구로 실행합니다.\n{tools}\n\n"
        "다음 형식의 JSON 객체 하나로만 답하세요.\n{form}\n각 단계는 그 자체로 완결된 일입니다. 실행하는 담당은 대화를 "
        '볼 수 없으므로 필요한 이름과 번호를 모두 적으세요. "after"에는 결과가 필요한 앞 단계의 번호를 적고, '
        "바로 시작할 수 있으면 []로 둡니다. 단계는 되도록 적게, 최대 {most}개로 하세요. 도구가 필요 없으면 {empty}라고 "
        "답하세요. 메시지에 직접 답하지 마세요.",
    "Find the order": "주문 조회",
    "Work out the total of the orders found": "조회한 주문의 합계 계산",
    "How far the plan is:\n{steps}\n\nMake a new plan for what is still to be done, in the same form, with its own "
    "numbers from 1. Do not repeat what is completed. A step that failed may be tried in another way, or left out if "
    "it cannot work; what a person has rejected must not be tried again. If nothing is left to do, answer {empty}.":
        "지금까지의 진행 상황:\n{steps}\n\n아직 남은 일에 대한 새 계획을 같은 형식으로, 번호는 1부터 다시 매겨 "
        "세우세요. 끝난 단계는 되풀이하지 마세요. 실패한 단계는 다른 방법으로 해 보거나, 안 되는 일이면 빼세요. 사람이 "
        "거절한 일은 다시 시도하면 안 됩니다. 남은 일이 없으면 {empty}라고 답하세요.",
    "That plan cannot be used: {problem}. Answer again, with the whole corrected JSON object only.":
        "그 계획은 쓸 수 없습니다: {problem}. 고친 JSON 객체 전체만 다시 답하세요.",
    "plan": "계획",
    "the answer is not a JSON object": "답이 JSON 객체가 아닙니다",
    "step {number} has no task": "{number}단계에 할 일이 없습니다",
    "step {number} waits for step {other}, which is not before it":
        "{number}단계가 기다리는 {other}단계는 그 앞에 없습니다",
    "it has {count} steps, and {most} are allowed": "단계가 {count}개인데 최대 {most}개까지 가능합니다",
    # A step
    "The user's request:\n{request}": "사용자의 요청:\n{request}",
    "What is known already:\n{results}": "이미 확인된 내용:\n{results}",
    "Your task, and nothing else:\n{task}": "당신이 할 일(이것만 하세요):\n{task}",
    "{text} [... cut here ...]": "{text} [... 여기서 생략 ...]",
    # The answer
    "Answer the user's last message from the results below it alone, in the user's language. Leave nothing out, add "
    "nothing that is not in them, and say what could not be done.":
        "사용자의 마지막 메시지에, 그 아래에 적힌 결과만으로 답하세요. 빠뜨리지 말고, 결과에 없는 내용은 덧붙이지 "
        "말고, 하지 못한 일은 하지 못했다고 말하세요.",
    "[results of the steps]\n{steps}": "[단계별 결과]\n{steps}",
    "Not done:\n{steps}": "완료하지 못한 일:\n{steps}",
    # How far steps are
    "completed": "완료",
    "failed": "실패",
    "skipped": "건너뜀",
    "pending": "대기",
    "in progress": "진행 중",
    "its agent stopped before it was done: {text}": "담당이 끝내지 못하고 멈췄습니다: {text}",
}  # fmt: skip

say: Final = speaker(_KOREAN)
