"""What models and users read in a router, in English or Korean: ``CLOVAX_LANG`` decides."""

from __future__ import annotations

import os
from typing import Any, Final

__all__ = ["put"]

_KOREAN: Final = {
    # The classifier
    "Choose who handles the user's last message. Choose several if it asks for several things, one after the other in "
    "the order in which they are asked for. Choose none if nobody fits, and write what to ask the user then.\n\n"
    "{branches}":
        "사용자의 마지막 메시지를 누가 처리할지 고르세요. 여러 가지를 물었으면 물은 순서대로 여럿을 고르세요. "
        "맞는 담당이 없으면 아무도 고르지 말고, 사용자에게 되물을 질문을 쓰세요.\n\n{branches}",
    "Who handles the user's last message": "사용자의 마지막 메시지를 처리할 담당",
    "Names of those who handle it; empty if nobody fits": "처리할 담당의 이름. 맞는 담당이 없으면 비워 둡니다",
    "What to ask the user back if nobody fits; else empty":
        "맞는 담당이 없을 때 사용자에게 되물을 질문. 있으면 비워 둡니다",
    "I am not sure what you need. I can help with:\n{branches}":
        "무엇을 도와드리면 될지 조금 더 알려 주세요. 이런 일을 도와드릴 수 있습니다.\n{branches}",
    # The merge
    "Answer the user's last message from these results alone, in one answer, in the user's language. Leave nothing "
    "out, and add nothing that is not in them.\n\n{results}":
        "아래 결과만으로 사용자의 마지막 메시지에 하나의 답변으로 답하세요. 빠뜨리지 말고, 결과에 없는 내용은 덧붙이지 "
        "마세요.\n\n{results}",
    "An answer was written before, and it was not good enough:\n{draft}\n\nWhat is wrong with it: {problem}\nWrite a "
    "better one.":
        "앞서 쓴 답변이 기준에 맞지 않았습니다.\n{draft}\n\n문제: {problem}\n더 나은 답변을 쓰세요.",
    "[{branch}]\n{text}": "[{branch}]\n{text}",
    # The check
    "Judge an answer by this rubric and by nothing else:\n{rubric}\n\nThe question:\n{question}\n\nThe answer:\n"
    "{answer}":
        "아래 기준만으로 답변을 평가하세요.\n{rubric}\n\n질문:\n{question}\n\n답변:\n{answer}",
    "Whether an answer is good enough": "답변이 기준에 맞는지",
    "Whether the answer meets the rubric": "답변이 기준에 맞으면 true",
    "What is wrong with the answer and how to do better; empty if it meets the rubric":
        "답변의 문제와 고칠 방법. 기준에 맞으면 비워 둡니다",
    # Asking back
    "The answer could not be read: write it as a text.": "답을 읽을 수 없었습니다. 글로 적어 주세요.",
}  # fmt: skip


def put(sentence: str, /, **values: Any) -> str:
    """Return a sentence in the language that is asked for, with the values put in."""
    wanted = _KOREAN.get(sentence, sentence) if os.environ.get("CLOVAX_LANG", "").lower().startswith("ko") else sentence
    return wanted.format(**values)
