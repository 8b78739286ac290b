"""What a tool seems to do, by its name and by the first sentence of its description."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from clovax_agents.tooling.lint.words import name_words, predicate, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovax_agents.tooling.lint.subject import Subject

__all__ = ["Doing"]


_PAYS: Final = words_of("pay charge refund transfer purchase buy remit withdraw 결제 환불 송금 이체 출금 구매")
_DELETES: Final = words_of("delete remove drop purge erase wipe 삭제 제거 지웁 지우 초기화")
_SENDS: Final = words_of("send mail email sms notify post publish push 발송 전송 보냅 보내 게시 올립 올리")
_WRITES: Final = (
    words_of(
        "create add insert update set edit modify change cancel order book reserve submit register upload write save "
        "approve reject subscribe unsubscribe reset revoke grant issue deploy make schedule "
        "취소 등록 수정 변경 추가 생성 예약 신청 주문 저장 작성 업데이트 설정 바꿉 바꾸"
    )
    | _PAYS
    | _DELETES
    | _SENDS
)
_READS: Final = words_of(
    "get list search find fetch lookup read show check count query describe view calculate compute compare is has "
    "retrieve inform recommend convert translate summarize look download browse crawl scrape "
    "조회 검색 확인 계산 비교 제공 추천 안내 찾아 찾습 알려 가져 불러 읽어 읽습"
)
_NOUNS: Final = words_of(
    "order book issue change schedule mail email refund transfer charge post set purchase check query deploy"
)
"""Verbs that are as often things: where one begins a name, the description has the first word."""
_OF_THINGS: Final = words_of("history status info detail details list count price balance rate")
_WEB: Final = words_of("crawl scrape browse http web url webpage website download rss")
_WEB_KOREAN: Final = ("웹페이지", "웹 페이지", "웹문서", "웹사이트", "URL", "크롤링", "인터넷에서")
_ADDRESSES: Final = words_of("url uri link href webpage website page_url web_url")
_PERSONS: Final = words_of(
    "customer customers member members patient patients employee employees contact contacts inbox"
)
_PERSONS_KOREAN: Final = (
    "고객 이름",
    "고객의",
    "고객 정보",
    "회원",
    "환자",
    "개인정보",
    "연락처",
    "주민등록",
    "계좌번호",
    "받은 편지",
)


@dataclass(frozen=True)
class Doing:
    """What a tool seems to do; each answer is the word that gives it away, or empty.

    Attributes:
        subject: the tool.
    """

    subject: Subject

    @cached_property
    def _verb(self) -> str:
        """The first word of the name if it can only be a verb that is known, else what the description says.

        Behind a prefix, as names of MCP servers' tools have one, it is the first such word of the name.
        """
        words = name_words(self.subject.name) or ("",)
        if words[0] not in _READS | _WRITES:
            return predicate(self.subject.description) or _first((_READS | _WRITES) - _NOUNS, words)
        if words[0] not in _NOUNS:
            return words[0]
        return predicate(self.subject.description) or ("" if words[-1] in _OF_THINGS else words[0])

    def _within(self, words: frozenset[str]) -> str:
        return self._verb if self._verb in words else ""

    @property
    def writes(self) -> str:
        """Changes something."""
        return self._within(_WRITES)

    @property
    def reads(self) -> str:
        """Changes nothing."""
        return self._within(_READS)

    @property
    def is_grave(self) -> str:
        """Pays, sends or deletes."""
        return self._within(_PAYS | _SENDS | _DELETES)

    @property
    def sends(self) -> str:
        """Hands its arguments to somebody outside."""
        return self._within(_SENDS)

    @property
    def takes_address(self) -> str:
        """Goes to an address that the model writes."""
        return _first(_ADDRESSES, (parameter.name.lower() for parameter in self.subject.parameters))

    @property
    def fetches(self) -> str:
        """Brings what strangers wrote."""
        named = _first(_WEB, name_words(self.subject.name))
        said = next((word for word in _WEB_KOREAN if word in self.subject.description), "")
        return "" if self.writes else self.takes_address or named or said

    @property
    def tells_of_persons(self) -> str:
        """Brings data of persons."""
        named = _first(_PERSONS, (*name_words(self.subject.name), *self._words_of_parameters()))
        said = next((word for word in _PERSONS_KOREAN if word in self.subject.description), "")
        return "" if self.writes else named or said

    def _words_of_parameters(self) -> Iterable[str]:
        return (word for parameter in self.subject.parameters for word in name_words(parameter.name))


def _first(words: frozenset[str], among: Iterable[str]) -> str:
    return next((word for word in among if word in words), "")
