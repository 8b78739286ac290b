"""What Pydantic says of values that do not fit, for a model to read: in Korean where ``CLOVAX_LANG`` asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clovax_agents.execution.wording import say
from clovax_agents.languages import is_korean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import ValidationError

__all__ = ["misfit", "misfits"]

_KOREAN: Final = {
    "value_error": "{error}",
    "assertion_error": "{error}",
    "missing": "필수 값이 없습니다",
    "extra_forbidden": "없는 항목입니다",
    "none_required": "null이어야 합니다",
    "int_type": "정수여야 합니다",
    "int_parsing": "정수여야 합니다",
    "int_from_float": "소수점이 없는 정수여야 합니다",
    "float_type": "숫자여야 합니다",
    "float_parsing": "숫자여야 합니다",
    "decimal_type": "숫자여야 합니다",
    "decimal_parsing": "숫자여야 합니다",
    "finite_number": "유한한 숫자여야 합니다",
    "bool_type": "true나 false여야 합니다",
    "bool_parsing": "true나 false여야 합니다",
    "string_type": "문자열이어야 합니다",
    "list_type": "배열이어야 합니다",
    "tuple_type": "배열이어야 합니다",
    "set_type": "배열이어야 합니다",
    "dict_type": "객체여야 합니다",
    "model_type": "객체여야 합니다",
    "model_attributes_type": "객체여야 합니다",
    "dataclass_type": "객체여야 합니다",
    "literal_error": "다음 중 하나여야 합니다: {expected}",
    "enum": "다음 중 하나여야 합니다: {expected}",
    "greater_than": "{gt}보다 커야 합니다",
    "greater_than_equal": "{ge} 이상이어야 합니다",
    "less_than": "{lt}보다 작아야 합니다",
    "less_than_equal": "{le} 이하여야 합니다",
    "multiple_of": "{multiple_of}의 배수여야 합니다",
    "string_too_short": "{min_length}자 이상이어야 합니다",
    "string_too_long": "{max_length}자 이하여야 합니다",
    "string_pattern_mismatch": "이 형식이어야 합니다: {pattern}",
    "too_short": "{min_length}개 이상이어야 합니다",
    "too_long": "{max_length}개 이하여야 합니다",
    "date_type": "날짜여야 합니다 (예: 2026-11-30)",
    "date_parsing": "날짜여야 합니다 (예: 2026-11-30)",
    "date_from_datetime_parsing": "날짜여야 합니다 (예: 2026-11-30)",
    "datetime_type": "날짜와 시각이어야 합니다 (예: 2026-11-30T09:00:00)",
    "datetime_parsing": "날짜와 시각이어야 합니다 (예: 2026-11-30T09:00:00)",
    "datetime_from_date_parsing": "날짜와 시각이어야 합니다 (예: 2026-11-30T09:00:00)",
    "time_parsing": "시각이어야 합니다 (예: 09:00:00)",
    "uuid_parsing": "UUID여야 합니다",
    "url_parsing": "주소(URL)여야 합니다",
}
"""By Pydantic's own names of what can be wrong; what is not here is given as it is."""


def misfits(error: ValidationError, *, whole: str, most: int) -> str:
    """Return what does not fit, each with its place.

    Args:
        error: of Pydantic.
        whole: what the place is called if it is no part.
        most: how many are told.

    Example:
        >>> from pydantic import TypeAdapter, ValidationError
        >>> try:
        ...     _ = TypeAdapter(dict[str, int]).validate_python({"n": "many"}, strict=True)
        ... except ValidationError as found:
        ...     print(misfits(found, whole="arguments", most=8))
        n: Input should be a valid integer
    """
    entries: Sequence[Any] = error.errors(include_url=False, include_input=False)
    lines = [f"{'.'.join(map(str, entry['loc'])) or whole}: {_said(entry)}" for entry in entries[:most]]
    if len(entries) > most:
        lines.append(say("and {count} more", count=len(entries) - most))
    return "; ".join(lines)


def misfit(kind: str, message: str, values: Mapping[str, Any]) -> str:
    """Return what does not fit at one place.

    Args:
        kind: of the error, as Pydantic calls it.
        message: of Pydantic, in English.
        values: of which the kind speaks.

    Example:
        >>> misfit("greater_than", "Input should be greater than 5", {"gt": 5})
        'Input should be greater than 5'
    """
    template = _KOREAN.get(kind) if is_korean() else None
    given = dict(values)
    if "expected" in given:
        given["expected"] = str(given["expected"]).replace(" or ", ", ")
    try:
        return message if template is None else template.format(**given)
    except (KeyError, IndexError):  # another version of Pydantic has other values
        return message


def _said(entry: Any) -> str:
    return misfit(entry["type"], str(entry["msg"]), entry.get("ctx") or {})
