"""Dates and times as people write them, in Korean mostly; relative ones count from a clock in Korean time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final

from clovax_agents.simulator.brains.numbers import parse_number

__all__ = ["Moment", "find_moments", "kst"]

_KST: Final = timezone(timedelta(hours=9), "KST")
_RELATIVE: Final = {
    "오늘": 0,
    "내일모레": 2,
    "내일": 1,
    "모레": 2,
    "글피": 3,
    "어제": -1,
    "그저께": -2,
    "그제": -2,
    "today": 0,
    "tomorrow": 1,
    "yesterday": -1,
}
_WEEKS: Final = {"이번": 0, "금": 0, "다음": 7, "지난": -7, "저번": -7}
_WEEKDAYS: Final = "월화수목금토일"
_AFTERNOON: Final = {"오후", "저녁", "밤", "낮", "점심", "pm"}
_NUMERALS: Final = "열두|열한|열|한|두|세|네|다섯|여섯|일곱|여덟|아홉"
_DATE: Final = (
    r"(?P<year>(?:19|20)?\d{2})\s*년\s*(?P<month>\d{1,2})\s*월\s*(?P<day>\d{1,2})\s*일"
    r"|(?P<year2>(?:19|20)\d{2})\s?[-./]\s?(?P<month2>\d{1,2})\s?[-./]\s?(?P<day2>\d{1,2})"
    r"|(?P<month3>\d{1,2})\s*월\s*(?P<day3>\d{1,2})\s*일"
    r"|(?P<relative>오늘|내일모레|내일|모레|글피|어제|그저께|그제|\btoday\b|\btomorrow\b|\byesterday\b)(?!자)"
    r"|(?:(?P<week>이번|금|다음|지난|저번)\s?주\s*)?(?P<weekday>[월화수목금토일])요일"
    r"|(?P<count>\d+)\s*(?P<unit>일|주|개월|달)\s*(?P<direction>후|뒤|전)"
    r"|(?<!\d)(?P<day4>\d{1,2})\s*일(?!\s*(?:간|동안|째|분|치|전|후|뒤))"
)
_TIME: Final = (
    r"(?P<half>오전|오후|아침|저녁|밤|새벽|낮|점심)?\s*(?:"
    rf"(?P<hour>\d{{1,2}}|{_NUMERALS})\s*시(?!간|[가-힣]*각)\s*(?:(?P<thirty>반)|(?P<minute>\d{{1,2}})\s*분)?"
    r"|(?P<hour2>\d{1,2}):(?P<minute2>\d{2})(?:\s*(?P<ampm>am|pm))?|(?P<hour3>\d{1,2})\s*(?P<ampm2>am|pm)\b)"
    r"|(?P<amount>\d+|한|두|세)\s*(?P<span>시간|분|초)\s*(?P<when>후|뒤|전|있다가)|(?P<noon>정오)|(?P<midnight>자정)"
)
_MOMENT: Final = re.compile(
    rf"(?:(?:{_DATE})(?:\s*에?\s*(?={_TIME.replace('?P<', '?P<x_')}))?)?(?:{_TIME})?", re.IGNORECASE
)
_DURATION: Final = re.compile(r"(?P<amount>\d+|한|두|세|네)\s*(?P<unit>시간|분)\s*(?P<half>반)?\s*(?:동안|간)")


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, a time or both, with its place in the text; what the text leaves open is None."""

    day: date | None
    clock: time | None
    start: int
    end: int

    def iso_date(self, today: date) -> str:
        """Return YYYY-MM-DD; a bare time is today's."""
        return (self.day or today).isoformat()

    def iso_datetime(self, today: date) -> str:
        """Return YYYY-MM-DDTHH:MM:SS in local time; a bare date begins at midnight."""
        return datetime.combine(self.day or today, self.clock or time()).isoformat()

    def iso_time(self) -> str:
        """Return HH:MM; a bare date begins at midnight."""
        return (self.clock or time()).strftime("%H:%M")


def kst(now: float) -> datetime:
    """Return the local time in Korea of a moment in seconds since 1970."""
    return datetime.fromtimestamp(now, _KST).replace(tzinfo=None)


@lru_cache(maxsize=256)
def find_moments(text: str, now: float) -> tuple[Moment, ...]:
    """Return the dates and times of a text from left to right; the end of a range inherits the day of its start.

    Example:
        >>> [moment.iso_date(date(2026, 1, 1)) for moment in find_moments("25년6월1일까지", 0.0)]
        ['2025-06-01']
    """
    local = kst(now)
    moments: list[Moment] = []
    for found in _MOMENT.finditer(text):
        moment = _moment(found, local) if found[0].strip() else None
        if moment is not None:
            moments.append(_inherit(moment, moments))
    return tuple(_with_duration(moments, text))


def _moment(found: re.Match[str], local: datetime) -> Moment | None:
    lead = len(found[0]) - len(found[0].lstrip())
    try:
        day, clock = _day(found, local.date()), _clock(found, local)
    except (ValueError, OverflowError):
        return None
    if isinstance(clock, datetime):
        day, clock = day or clock.date(), clock.time()
    if day is None and clock is None:
        return None
    return Moment(day, clock, found.start() + lead, found.end() - (len(found[0]) - len(found[0].rstrip())))


def _day(found: re.Match[str], today: date) -> date | None:
    for suffix in ("", "2"):
        if found[f"year{suffix}"]:
            year = int(found[f"year{suffix}"])
            return date(year + 2000 if year < 100 else year, int(found[f"month{suffix}"]), int(found[f"day{suffix}"]))  # noqa: PLR2004  # two digits
    if found["month3"]:
        return date(today.year, int(found["month3"]), int(found["day3"]))
    if found["day4"]:
        return today.replace(day=int(found["day4"]))
    return _relative_day(found, today)


def _relative_day(found: re.Match[str], today: date) -> date | None:
    if found["relative"]:
        return today + timedelta(days=_RELATIVE[found["relative"].lower()])
    if found["weekday"]:
        ahead = _WEEKDAYS.index(found["weekday"]) - today.weekday()
        return today + timedelta(days=ahead + _WEEKS[found["week"]] if found["week"] else ahead % 7)
    if found["count"]:
        days = int(found["count"]) * {"일": 1, "주": 7, "개월": 30, "달": 30}[found["unit"]]
        return today + timedelta(days=-days if found["direction"] == "전" else days)
    return None


def _clock(found: re.Match[str], local: datetime) -> time | datetime | None:
    if found["amount"]:
        amount = parse_number(found["amount"]) or 0
        step = timedelta(seconds=amount * {"시간": 3600, "분": 60, "초": 1}[found["span"]])
        return (local - step if found["when"] == "전" else local + step).replace(microsecond=0)
    if found["noon"] or found["midnight"]:
        return time(12 if found["noon"] else 0)
    hour_text = found["hour"] or found["hour2"] or found["hour3"]
    if not hour_text:
        return None
    minute = 30 if found["thirty"] else int(found["minute"] or found["minute2"] or 0)
    half = (found["half"] or found["ampm"] or found["ampm2"] or "").lower()
    return time(_hour(int(parse_number(hour_text) or 0), half), minute)


def _hour(hour: int, half: str) -> int:
    noon = 12
    if half in _AFTERNOON and hour < noon:
        return hour + noon
    if hour == noon and half in ("밤", "오전", "새벽", "am"):
        return 0
    return hour % 24


def _inherit(moment: Moment, before: list[Moment]) -> Moment:
    """Give the end of a range the day, and the half of the day, of its start."""
    if moment.day is not None or not before or before[-1].clock is None or moment.clock is None:
        return moment
    start, clock = before[-1], moment.clock
    noon = 12
    if start.clock is not None and clock <= start.clock and clock.hour < noon:
        clock = clock.replace(hour=clock.hour + noon)
    return replace(moment, day=start.day, clock=clock)


def _with_duration(moments: list[Moment], text: str) -> list[Moment]:
    """Turn "9시부터 1시간 동안" into a start and an end."""
    found = _DURATION.search(text)
    if found is None or len(moments) != 1 or moments[0].clock is None:
        return moments
    start = moments[0]
    minutes = (parse_number(found["amount"]) or 0) * (60 if found["unit"] == "시간" else 1) + (
        30 if found["half"] else 0
    )
    end = datetime.combine(start.day or date(2000, 1, 1), start.clock or time()) + timedelta(minutes=minutes)
    return [start, Moment(end.date() if start.day else None, end.time(), found.start(), found.end())]
