"""Greetings, thanks and "who are you": what no tool is called for."""

from __future__ import annotations

import re
from typing import Final

from clovax_agents.simulator.brains.korean import has_hangul

__all__ = ["small_talk"]

_GREETING: Final = (
    r"(?:안녕|반가워|반갑|하이|헬로|여보세요|좋은\s?(?:아침|오후|저녁|하루))[가-힣]{0,6}"
    r"(?:\W+(?:반가워|반갑|만나서|처음)[가-힣\s]{0,12})?"
    r"|(?:hi|hello|hey|good\s(?:morning|afternoon|evening))(?:\W+there)?"
)
_THANKS: Final = (
    r"(?:(?:정말|진짜|너무|도와줘서|알려줘서|네|아)\s*)*(?:고마워|고맙|감사|땡큐)[가-힣]{0,6}"
    r"|(?:ok\W+)?(?:thanks?|thank\syou)(?:\s(?:a\slot|so\smuch|very\smuch))?"
)
_WHO: Final = (
    r"(?:너는?|넌|당신은?|자네는?)\s?(?:누구|뭐|이름|뭘?\s?할)[가-힣\s]{0,12}|(?:자기)?\s?소개[가-힣\s]{0,8}"
    r"|who\sare\syou|what\sare\syou|what\scan\syou\sdo"
)
_PARTING: Final = r"(?:잘\s?(?:가|있어|자)|바이|다음에\s?봐|수고)[가-힣]{0,6}|(?:good)?bye|see\syou"
_ASSENT: Final = (
    r"네|넵|응|그래|알겠[가-힣]{0,6}|알았[가-힣]{0,4}|좋아[가-힣]{0,3}|오케이|ok(?:ay)?|yes|no|아니[가-힣]{0,3}"
)
_REPLIES: Final = {
    _GREETING: ("안녕하세요! 무엇을 도와드릴까요?", "Hello! How can I help you?"),
    _THANKS: (
        "도움이 되어 기쁩니다. 더 궁금한 점이 있으면 말씀해 주세요.",
        "You are welcome. Let me know if there is anything else.",
    ),
    _WHO: (
        "저는 CLOVA Studio를 흉내 내는 로컬 시뮬레이터입니다. 실제 HyperCLOVA X 모델은 아닙니다.",
        "I am a local simulator of CLOVA Studio, not a HyperCLOVA X model.",
    ),
    _PARTING: ("좋은 하루 보내세요!", "Have a nice day!"),
    _ASSENT: ("알겠습니다. 무엇을 더 도와드릴까요?", "All right. What else can I do for you?"),
}
_KINDS: Final = [(re.compile(rf"\W*(?:{kind})\W*\Z", re.IGNORECASE), replies) for kind, replies in _REPLIES.items()]


def small_talk(text: str) -> str | None:
    """Return the reply to small talk; None if the text asks for something.

    Example:
        >>> small_talk("고마워요!"), small_talk("안녕, 서울 날씨 알려줘")
        ('도움이 되어 기쁩니다. 더 궁금한 점이 있으면 말씀해 주세요.', None)
    """
    for pattern, (korean, english) in _KINDS:
        if pattern.match(text):
            return korean if has_hangul(text) else english
    return None
