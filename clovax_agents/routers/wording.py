"""What models and users read in a router, in English or Korean: ``CLOVAX_LANG`` decides."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["put"]

_KOREAN: Final = {
    # The classifier
    "Call everyone who is needed to answer the user's last message, all at once. Do not answer it yourself. If nobody "
    "fits, call nobody, and ask the user in one sentence what is meant.":
        "사용자의 마지막 메시지에 답하는 데 필요한 담당을 모두 한꺼번에 호출하세요. 직접 답하지 마세요. "
        "맞는 담당이 없으면 아무도 호출하지 말고, 무엇을 원하는지 한 문장으로 되물으세요.",
    "I am not sure what you need. I can help with:\n{branches}":
        "무엇을 도와드리면 될지 조금 더 알려 주세요. 이런 일을 도와드릴 수 있습니다.\n{branches}",
    # The merge
    "Answer the user's last message from the results alone, in one answer, in the user's language. Leave nothing out, "
    "and add nothing that is not in them.":
        "도구의 결과만으로 사용자의 마지막 메시지에 하나의 답변으로 답하세요. 빠뜨리지 말고, 결과에 없는 내용은 "
        "덧붙이지 마세요.",
    "That answer is not good enough: {problem}\nWrite a better one, from the same results.":
        "그 답변은 충분하지 않습니다: {problem}\n같은 결과로 더 나은 답변을 쓰세요.",
    # The check
    "Judge an answer by this rubric and by nothing else:\n{rubric}\n\nThe question:\n{question}\n\nThe answer:\n"
    "{answer}":
        "아래 기준만으로 답변을 평가하세요.\n{rubric}\n\n질문:\n{question}\n\n답변:\n{answer}",
    "Whether an answer is good enough": "답변이 기준에 맞는지",
    "Whether the answer meets the rubric": "답변이 기준에 맞으면 true",
    "What is wrong with the answer and how to do better; empty if it meets the rubric":
        "답변의 문제와 고칠 방법. 기준에 맞으면 비워 둡니다",
    # Asking back
    "An assistant is about to work on the user's last message. Decide whether it can. Ask back only if something is "
    "missing or ambiguous that nobody but the user can know, and that changes the answer: which order, which period, "
    "which of two meanings. What can be looked up or reasonably assumed is not asked. Greetings need no question. Do "
    "not answer the message itself.":
        "상담 도우미가 사용자의 마지막 메시지를 처리하려고 합니다. 그대로 처리할 수 있는지 판단하세요. 어느 "
        "주문인지, 어느 기간인지, 두 가지 뜻 중 어느 쪽인지처럼 사용자만 알 수 있고 답이 달라지는 내용이 빠졌거나 "
        "모호할 때만 되물으세요. 조회할 수 있거나 상식으로 정할 수 있는 것은 묻지 않습니다. 인사에는 되묻지 "
        "않습니다. 메시지에 직접 답하지는 마세요.",
    "The assistant can: {about}": "도우미가 할 수 있는 일: {about}",
    "Whether the user has to be asked back": "사용자에게 되물을 것이 있는지",
    "proceed, or ask_back if something is missing": "그대로 처리할 수 있으면 proceed, 빠진 것이 있으면 ask_back",
    "Only with ask_back: what to ask the user, in one sentence in the user's language":
        "ask_back일 때만: 사용자에게 되물을 말을 사용자의 언어로 한 문장",
    "The answer could not be read: write it as a text.": "답을 읽을 수 없었습니다. 글로 적어 주세요.",
}  # fmt: skip

put: Final = speaker(_KOREAN)
