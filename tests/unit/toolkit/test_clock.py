"""The clock tells the time anywhere, and days as people name them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import ConfigurationError, ModelRetry
from clovax_agents.toolkit import current_time, zones
from clovax_agents.toolkit.moments import moved
from clovax_agents.toolkit.zones import zone_of

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=SEOUL)
"""A Wednesday."""


def test_the_time_is_that_of_korea_by_default() -> None:
    """As ISO text, and as Koreans write it."""
    answer = current_time.invoke({})
    told = datetime.fromisoformat(answer["iso"])
    assert abs(told - datetime.now(UTC)) < timedelta(seconds=30)
    assert told.utcoffset() == timedelta(hours=9)
    assert answer["zone"] == "Asia/Seoul"
    assert answer["date"] == f"{told.year}년 {told.month}월 {told.day}일"
    assert answer["weekday"] == "월화수목금토일"[told.weekday()] + "요일"
    assert answer["time"] == told.strftime("%H:%M:%S")


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("서울", "Asia/Seoul"),
        ("한국 시간", "Asia/Seoul"),
        ("KST", "Asia/Seoul"),
        ("뉴욕", "America/New_York"),
        ("런던", "Europe/London"),
        ("London", "Europe/London"),
        ("los angeles", "America/Los_Angeles"),
        ("america/new_york", "America/New_York"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("도쿄", "Asia/Tokyo"),
        ("UTC", "UTC"),
        ("하와이", "Pacific/Honolulu"),
    ],
)
def test_a_zone_has_several_names(name: str, zone: str) -> None:
    """Cities in Korean and English, countries with one zone, IANA names in any case."""
    assert zone_of(name).key == zone


@pytest.mark.parametrize(
    "name", ["아틀란티스", "", "미국", "../../etc/passwd", "Asia/../../etc/passwd", "\0", "x" * 9999]
)
def test_what_is_no_zone_is_for_the_model_to_correct(name: str) -> None:
    """A country with many zones is none either; the error is short and says what to give."""
    with pytest.raises(ModelRetry, match="a city or an IANA name") as error:
        current_time.invoke({"zone": name})
    assert len(str(error.value)) < 200


def test_all_cities_of_the_table_have_a_zone_of_this_system() -> None:
    """No misspelt zone is in there."""
    assert all(ZoneInfo(zone) for zone in zones._CITIES)


def test_a_system_without_zones_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and small containers have none of their own."""
    monkeypatch.setattr(zones, "available_timezones", set)
    zones._names.cache_clear()
    with pytest.raises(ConfigurationError, match="pip install tzdata"):
        zone_of("서울")
    zones._names.cache_clear()


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ("", "2026-03-04T09:30"),
        ("오늘", "2026-03-04T09:30"),
        ("내일", "2026-03-05T09:30"),
        ("모레", "2026-03-06T09:30"),
        ("어제", "2026-03-03T09:30"),
        ("그저께", "2026-03-02T09:30"),
        ("3일 뒤", "2026-03-07T09:30"),
        ("3일뒤", "2026-03-07T09:30"),
        ("사흘 뒤", "2026-03-07T09:30"),
        ("열흘 전", "2026-02-22T09:30"),
        ("2주 전", "2026-02-18T09:30"),
        ("일주일 후", "2026-03-11T09:30"),
        ("1개월 후", "2026-04-04T09:30"),
        ("한 달 전", "2026-02-04T09:30"),
        ("1년 뒤", "2027-03-04T09:30"),
        ("작년", "2025-03-04T09:30"),
        ("다음 달", "2026-04-04T09:30"),
        ("90분 뒤", "2026-03-04T11:00"),
        ("두 시간 전", "2026-03-04T07:30"),
        ("월요일", "2026-03-02T09:30"),
        ("이번 주 일요일", "2026-03-08T09:30"),
        ("다음 주 월요일", "2026-03-09T09:30"),
        ("지난주 금요일", "2026-02-27T09:30"),
        ("tomorrow", "2026-03-05T09:30"),
        ("3 days ago", "2026-03-01T09:30"),
        ("in 2 weeks", "2026-03-18T09:30"),
        ("1 month later", "2026-04-04T09:30"),
        ("-3일", "2026-03-01T09:30"),
        ("+1 day", "2026-03-05T09:30"),
    ],
)
def test_days_are_named_from_today(when: str, day: str) -> None:
    """In Korean and in English."""
    assert moved(NOW, when).strftime("%Y-%m-%dT%H:%M") == day


def test_the_last_day_of_a_month_stays_the_last() -> None:
    """There is no 31st of February."""
    assert moved(datetime(2028, 1, 31, tzinfo=SEOUL), "1개월 뒤").day == 29


def test_hours_are_real_over_a_change_of_the_clock() -> None:
    """An hour after 1:30 in the night in which New York's clocks go forward it is 3:30; a day later it is 1:30."""
    before = datetime(2026, 3, 8, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    assert moved(before, "1시간 뒤").strftime("%d %H:%M") == "08 03:30"
    assert moved(before, "1일 뒤").strftime("%d %H:%M") == "09 01:30"


@pytest.mark.parametrize("when", ["3일", "언젠가", "3일 뒤 뒤", "99999999일 뒤", "1.5일 뒤"])
def test_what_is_not_understood_says_how_to_write_it(when: str) -> None:
    """'3일' alone may be the third of the month."""
    with pytest.raises(ModelRetry, match="write it like: 내일, 3일 뒤"):
        current_time.invoke({"when": when})


@pytest.mark.parametrize("when", ["999999년 뒤", "999999개월 전", "999999주 뒤"])
def test_what_leaves_the_calendar_is_for_the_model_to_correct(when: str) -> None:
    """Years end at 9999."""
    with pytest.raises(ModelRetry, match="outside of the calendar"):
        current_time.invoke({"when": when})


def test_a_model_reads_korean_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The errors, that is; weekdays are Korean anyway."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    with pytest.raises(ModelRetry, match="시간대가 없습니다"):
        current_time.invoke({"zone": "아틀란티스"})


@given(st.integers(0, 999_999), st.sampled_from(["초", "분", "시간", "일", "주", "개월", "년"]), st.booleans())
def test_there_and_back_is_where_one_was(count: int, unit: str, later: bool) -> None:  # noqa: FBT001
    """Any amount of any unit is answered or refused; all but months and years lead back."""
    try:
        there = moved(NOW, f"{count}{unit} {'뒤' if later else '전'}")
    except ModelRetry:
        return
    assert (there >= NOW) if later else (there <= NOW)
    if unit in "일주":
        assert moved(there, f"{count}{unit} {'전' if later else '뒤'}") == NOW


@given(st.text(max_size=50))
def test_any_text_is_answered_or_refused(text: str) -> None:
    """No text fails in another way than by an error that says how to write it."""
    for arguments in ({"zone": text}, {"when": text}):
        try:
            assert re.fullmatch(r"\d{4}-.*", current_time.invoke(arguments)["iso"])
        except ModelRetry:
            continue
