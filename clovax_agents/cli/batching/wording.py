"""What a batch says to a person, in English or Korean."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    # Questions
    "{path} cannot be read: {error}": "{path} 파일을 읽을 수 없습니다: {error}",
    "{path} holds no questions": "{path}에 질문이 없습니다",
    "{path} has more than one question with the id {id}": "{path}에 id가 {id}인 질문이 둘 이상입니다",
    "{place} is not JSON: {error}": "{place}은(는) JSON이 아닙니다: {error}",
    '{place} is no question: write a text, or an object with "question" or "messages"':
        '{place}은(는) 질문이 아닙니다. 글이나 "question" 또는 "messages"가 있는 객체를 쓰세요',
    # Ledger and answers
    "this batch was begun with the graph {kept}: go on with it, or give another --out":
        "이 배치는 {kept} 그래프로 시작했습니다. 그 그래프로 이어 가거나 다른 --out을 주세요",
    "question {id} is not what was asked before: give it an id of its own, or give another --out":
        "질문 {id}이(가) 전에 물은 것과 다릅니다. 다른 id를 주거나 다른 --out을 주세요",
    "another process works on this batch: {path}": "다른 프로세스가 이 배치를 처리하고 있습니다: {path}",
    "{path} cannot be used ({error}): give another --out":
        "{path} 파일을 쓸 수 없습니다 ({error}). 다른 --out을 주세요",
    "{path} cannot be written: {error}": "{path} 파일에 쓸 수 없습니다: {error}",
    "{path}:{number} is no answer of this batch: give another --out, or take the file away":
        "{path}:{number}은(는) 이 배치의 답이 아닙니다. 다른 --out을 주거나 파일을 치우세요",
    # How far it has come
    "questions": "질문",
    "answered": "답변",
    "failed": "실패",
    "needs a person": "사람이 결정해야 함",
    "the service fails again and again ({error}): run the same command again later":
        "서비스가 계속 실패합니다 ({error}). 나중에 같은 명령을 다시 실행하세요",
    "{answered} of {questions} answered, {failed} failed, {waiting} need a person, {left} not asked":
        "질문 {questions}개 중 답변 {answered}, 실패 {failed}, 사람의 결정 필요 {waiting}, 묻지 않음 {left}",
    "{tokens:,} tokens · ₩{cost:,.2f} · {seconds:.1f} s": "토큰 {tokens:,} · ₩{cost:,.2f} · {seconds:.1f}초",
    "to decide: clovax chat --db {db} --thread {thread}, then /resume":
        "결정하려면: clovax chat --db {db} --thread {thread}, 그다음 /resume",
    "to try the failed ones again: the same command with --retry-failed":
        "실패한 질문을 다시 물으려면: 같은 명령에 --retry-failed",
}  # fmt: skip

say = speaker(_KOREAN)
