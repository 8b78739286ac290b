"""`current_time`: the date and the time, which a model does not know."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from clovax_agents.tooling import ToolPolicy, tool
from clovax_agents.toolkit.compute_wording import say
from clovax_agents.toolkit.moments import moved
from clovax_agents.toolkit.zones import zone_of

__all__ = ["current_time"]

_ABOUT: Final = say(
    "The date, the weekday and the time now, or the date some days, weeks, months or years from now. Use it whenever "
    "a request says today, tomorrow, this week and the like"
)
_ZONE: Final = say("Where: a city (서울, 뉴욕, 런던) or an IANA zone such as America/New_York; Korea by default")
_FROM_NOW: Final = say(
    "Which day instead of now, for example: 내일, 3일 뒤, 2주 전, 1개월 후, 다음 주 월요일, 3 days ago"
)
_WEEKDAYS: Final = "월화수목금토일"


@tool(description=_ABOUT, policy=ToolPolicy(effect="read", timeout=10))
def current_time(
    zone: Annotated[str, Field(description=_ZONE)] = "Asia/Seoul",
    when: Annotated[str, Field(description=_FROM_NOW)] = "",
) -> dict[str, str]:
    """Return the moment as ISO 8601 text, its date, time and weekday in Korean, and the zone."""
    place = zone_of(zone)
    moment = moved(datetime.now(place), when)
    return {
        "iso": moment.isoformat(timespec="seconds"),
        "date": f"{moment.year}년 {moment.month}월 {moment.day}일",
        "weekday": f"{_WEEKDAYS[moment.weekday()]}요일",
        "time": moment.strftime("%H:%M:%S"),
        "zone": place.key,
    }
