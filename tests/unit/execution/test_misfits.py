"""What does not fit, in the language that a model reads."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core._pydantic_core import list_all_errors

from clovax_agents.execution.misfits import _KOREAN, misfits

KNOWN: dict[str, Any] = {str(entry["type"]): entry for entry in list_all_errors()}


def _even(number: int) -> int:
    if number % 2:
        raise ValueError("짝수만 됩니다")
    return number


class Order(BaseModel):
    """Arguments of many kinds."""

    model_config = ConfigDict(strict=True, extra="forbid")

    count: Annotated[int, Field(ge=1)]
    size: Literal["S", "M"]
    tags: Annotated[list[str], Field(max_length=1)] = []
    even: Annotated[int, AfterValidator(_even)] = 2


def _said(**given: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Order.model_validate(given)
    return misfits(caught.value, whole="arguments", most=8)


@pytest.mark.parametrize("name", _KOREAN)
def test_every_sentence_is_for_an_error_that_pydantic_has(name: str) -> None:
    """And names only what Pydantic tells with it."""
    context = KNOWN[name].get("example_context") or {}
    assert _KOREAN[name].format(**context)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "ko",
            ["count: 1 이상이어야 합니다", "size: 다음 중 하나여야 합니다: 'S', 'M'", "tags: 1개 이하여야 합니다",
             "even: 짝수만 됩니다", "color: 없는 항목입니다"],
        ),
        (
            "en",
            ["count: Input should be greater than or equal to 1", "size: Input should be 'S' or 'M'",
             "tags: List should have at most 1 item after validation, not 2", "even: Value error, 짝수만 됩니다",
             "color: Extra inputs are not permitted"],
        ),
    ],
)  # fmt: skip
def test_all_that_is_wrong_is_told_with_its_place(
    language: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line; a validator's own words stay as they are."""
    monkeypatch.setenv("CLOVAX_LANG", language)
    assert _said(count=0, size="L", tags=["a", "b"], even=3, color="red") == "; ".join(expected)


@pytest.mark.parametrize(("language", "more"), [("ko", "그 밖에 2개"), ("en", "and 2 more")])
def test_no_more_than_so_many_are_told(language: str, more: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is counted."""
    monkeypatch.setenv("CLOVAX_LANG", language)
    with pytest.raises(ValidationError) as caught:
        Order.model_validate({"a": 1, "b": 2, "c": 3})
    told = misfits(caught.value, whole="arguments", most=3)
    assert told.endswith(more)
    assert told.count(";") == 3
