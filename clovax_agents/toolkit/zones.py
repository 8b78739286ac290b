"""Time zones by the names that people use."""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from clovax_agents.errors import ConfigurationError, ModelRetry
from clovax_agents.toolkit.compute_wording import say

__all__ = ["zone_of"]

_CITIES: Final = {
    "Asia/Seoul": "서울 한국 대한민국 부산 인천 대구 광주 대전 제주 kst korea",
    "Asia/Pyongyang": "평양 북한",
    "Asia/Tokyo": "도쿄 동경 일본 오사카 후쿠오카 삿포로 jst japan osaka",
    "Asia/Shanghai": "베이징 북경 상하이 상해 중국 선전 광저우 china beijing shenzhen",
    "Asia/Hong_Kong": "홍콩",
    "Asia/Taipei": "타이베이 대만 타이완 taiwan",
    "Asia/Singapore": "싱가포르 싱가폴",
    "Asia/Ho_Chi_Minh": "호찌민 호치민 하노이 다낭 베트남 vietnam hanoi",
    "Asia/Bangkok": "방콕 태국 thailand",
    "Asia/Manila": "마닐라 필리핀 세부 philippines",
    "Asia/Jakarta": "자카르타",
    "Asia/Kuala_Lumpur": "쿠알라룸푸르 말레이시아 malaysia",
    "Asia/Kolkata": "뉴델리 델리 뭄바이 인도 벵갈루루 india delhi mumbai",
    "Asia/Dubai": "두바이 아부다비",
    "Asia/Riyadh": "리야드 사우디아라비아",
    "Asia/Jerusalem": "예루살렘 이스라엘 텔아비브 israel",
    "Asia/Ulaanbaatar": "울란바토르 몽골 mongolia",
    "Europe/London": "런던 영국 uk britain england",
    "Europe/Paris": "파리 프랑스 france",
    "Europe/Berlin": "베를린 독일 프랑크푸르트 뮌헨 germany frankfurt munich",
    "Europe/Madrid": "마드리드 스페인 바르셀로나 spain barcelona",
    "Europe/Rome": "로마 이탈리아 밀라노 italy milan",
    "Europe/Amsterdam": "암스테르담 네덜란드 netherlands",
    "Europe/Zurich": "취리히 스위스 제네바 switzerland geneva",
    "Europe/Vienna": "빈 오스트리아 비엔나 austria",
    "Europe/Istanbul": "이스탄불 튀르키예 터키",
    "Europe/Moscow": "모스크바",
    "America/New_York": "뉴욕 워싱턴 보스턴 애틀랜타 마이애미 washington boston atlanta miami",
    "America/Chicago": "시카고 댈러스 휴스턴 오스틴 dallas houston austin",
    "America/Denver": "덴버",
    "America/Los_Angeles": "로스앤젤레스 엘에이 la 샌프란시스코 시애틀 라스베이거스 실리콘밸리 san_francisco seattle",
    "America/Toronto": "토론토 몬트리올",
    "America/Vancouver": "밴쿠버",
    "America/Sao_Paulo": "상파울루",
    "America/Mexico_City": "멕시코시티",
    "Pacific/Honolulu": "호놀룰루 하와이 hawaii",
    "Australia/Sydney": "시드니 멜버른 melbourne",
    "Pacific/Auckland": "오클랜드 뉴질랜드",
    "Africa/Cairo": "카이로 이집트 egypt",
    "Africa/Johannesburg": "요하네스버그 남아공",
    "UTC": "utc gmt z 협정세계시 그리니치",
}
"""By zone: what else it is called. Countries with more than one zone are not in there: they need a city."""


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of a city, of a country that has only one, or of an IANA name, in any case of letters.

    Raises:
        ModelRetry: there is none of this name.
        ConfigurationError: the system has no time zones, and neither has tzdata.

    Example:
        >>> zone_of("뉴욕").key, zone_of("asia/tokyo").key
        ('America/New_York', 'Asia/Tokyo')
    """
    wanted = "_".join(name.split()).casefold().removesuffix("_시간").removesuffix("시간")
    found = _names().get(wanted)
    if found is None:
        raise ModelRetry(
            say("there is no time zone {name}; give a city or an IANA name like Asia/Seoul", name=repr(name[:40]))
        )
    return ZoneInfo(found)


@cache
def _names() -> dict[str, str]:
    zones = available_timezones()
    if "Asia/Seoul" not in zones:
        raise ConfigurationError("this system has no time zones: install them, pip install tzdata")
    names = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(zones) if zone.count("/") == 1}
    names |= {zone.casefold(): zone for zone in zones}
    return names | {name: zone for zone, called in _CITIES.items() for name in called.split()}
