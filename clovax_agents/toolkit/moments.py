"""Days as people name them from today: 내일, 3일 뒤, 다음 주 월요일, 2 weeks ago."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from typing import Final

from clovax_agents.errors import ModelRetry
from clovax_agents.toolkit.compute_wording import say

__all__ = ["moved"]

_DAYS: Final = {
    "": 0, "지금": 0, "현재": 0, "오늘": 0, "now": 0, "today": 0,
    "내일": 1, "tomorrow": 1, "모레": 2, "내일모레": 2, "글피": 3,
    "어제": -1, "yesterday": -1, "그저께": -2, "그제": -2, "엊그제": -2, "그끄저께": -3,
    "다음주": 7, "nextweek": 7, "지난주": -7, "lastweek": -7,
}  # fmt: skip
_MONTHS: Final = {
    "다음달": 1, "nextmonth": 1, "지난달": -1, "lastmonth": -1,
    "내년": 12, "nextyear": 12, "작년": -12, "lastyear": -12, "내후년": 24, "재작년": -24,
}  # fmt: skip
_WORDS: Final = {
    "하루": "1일", "이틀": "2일", "사흘": "3일", "나흘": "4일", "닷새": "5일", "열흘": "10일", "보름": "15일",
    "한달": "1달", "두달": "2달", "세달": "3달", "석달": "3달", "반년": "6달", "일주일": "1주", "한주": "1주",
    "한시간": "1시간", "두시간": "2시간", "세시간": "3시간",
}  # fmt: skip
_UNITS: Final = {
    "초": ("seconds", 1), "second": ("seconds", 1), "분": ("minutes", 1), "minute": ("minutes", 1),
    "시간": ("hours", 1), "hour": ("hours", 1), "일": ("days", 1), "day": ("days", 1),
    "주": ("days", 7), "주일": ("days", 7), "week": ("days", 7),
    "달": ("months", 1), "개월": ("months", 1), "month": ("months", 1), "년": ("months", 12), "year": ("months", 12),
}  # fmt: skip
_FURTHER: Final = frozenset({"뒤", "후", "이후", "later", "fromnow"})
_AMOUNT: Final = re.compile(
    rf"(?P<in>in)?(?P<sign>[-+]?)(?P<count>[0-9]{{1,6}})(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})s?"
    r"(?P<way>뒤|이후|후|이전|전|later|fromnow|ago|before)?"
)
_WEEKDAY: Final = re.compile(r"(?P<week>지난주|저번주|이번주|금주|다음주|다다음주)?(?P<day>[월화수목금토일])요일")
_WEEKS: Final = {"지난주": -1, "저번주": -1, "이번주": 0, "금주": 0, "다음주": 1, "다다음주": 2}


def moved(now: datetime, when: str) -> datetime:
    """Return the moment that is meant, seen from another.

    Days and longer keep the time of the clock; the 31st becomes the last day of a shorter month; weeks begin on Monday.

    Raises:
        ModelRetry: it is none of the forms that are understood, or leaves the calendar.

    Example:
        >>> moved(datetime(2026, 1, 31, 9), "1개월 뒤").isoformat()
        '2026-02-28T09:00:00'
    """
    text = re.sub(r"\s+", "", when).casefold()
    try:
        found = _moved(now, text)
    except (OverflowError, ValueError) as error:
        raise ModelRetry(say("{when} is outside of the calendar", when=repr(when[:40]))) from error
    if found is None:
        known = "내일, 3일 뒤, 2주 전, 1개월 후, 다음 주 월요일"
        raise ModelRetry(say("{when} is not understood; write it like: {known}", when=repr(when[:40]), known=known))
    return found


def _moved(now: datetime, text: str) -> datetime | None:
    for word, figures in _WORDS.items():
        text = figures + text.removeprefix(word) if text.startswith(word) else text
    if text in _DAYS:
        return now + timedelta(days=_DAYS[text])
    if text in _MONTHS:
        return _months_later(now, _MONTHS[text])
    if match := _WEEKDAY.fullmatch(text):
        monday = now - timedelta(days=now.weekday())
        return monday + timedelta(weeks=_WEEKS[match["week"] or "이번주"], days="월화수목금토일".index(match["day"]))
    if match := _AMOUNT.fullmatch(text):
        return _by(now, match)
    return None


def _by(now: datetime, match: re.Match[str]) -> datetime | None:
    if not (match["in"] or match["sign"] or match["way"]):
        return None  # '3일' alone is the third as well as three days
    forward = match["way"] in _FURTHER or match["way"] is None
    count = int(match["count"]) * (1 if forward else -1) * (-1 if match["sign"] == "-" else 1)
    unit, times = _UNITS[match["unit"]]
    if unit == "months":
        return _months_later(now, count * times)
    if unit == "days":
        return now + timedelta(days=count * times)
    seconds = count * {"seconds": 1, "minutes": 60, "hours": 3600}[unit]
    return datetime.fromtimestamp(now.timestamp() + seconds, now.tzinfo)  # over a change of the clock, too


def _months_later(now: datetime, count: int) -> datetime:
    years, month = divmod(now.month - 1 + count, 12)
    year = now.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return now.replace(year=year, month=month + 1, day=min(now.day, last))
