"""The calculator is exact, bounded, and clear about what it cannot read."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.tooling import Toolbox

# Loaded at import: Hypothesis runs a test many times, and fixtures of a function's scope do not go with that.
BOX = Toolbox.from_path("../../../tools", "calculator.py")


def calculate(expression: str) -> str:
    """The result as the model reads it."""
    result: str = BOX["calculate"].invoke({"expression": expression})["result"]
    return result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1+2*3", "7"),
        ("(1 + 2) * 3", "9"),
        ("0.1 + 0.2", "0.3"),
        ("1,234,567 + 1", "1234568"),
        ("1,000.5 * 2", "2001"),
        ("(12,900 * 2 + 3,000) * (1 - 10%)", "25920"),
        ("20,000 * 15%", "3000"),
        ("50%", "0.5"),
        ("50%%", "0.005"),
        ("100 - 50% - 3", "96.5"),
        ("17 % 5", "2"),
        ("17 % (2 + 3)", "2"),
        ("-7 % 3", "2"),
        ("2 ** 10", "1024"),
        ("2 ** 3 ** 2", "512"),
        ("-2 ** 2", "-4"),
        ("(-2) ** 2", "4"),
        ("2 ** -2", "0.25"),
        ("0 ** 0", "1"),
        ("--3", "3"),
        ("2 - -3", "5"),
        (".5 + .25", "0.75"),
        ("10 / 4", "2.5"),
        ("3 × 4 ÷ 2 − 1", "5"),
        ("0.0001 * 0.0001", "0.00000001"),
        ("-1 / 8", "-0.125"),
        ("0 * -1", "0"),
        ("  7  ", "7"),
    ],
)
def test_results_are_exact(expression: str, result: str) -> None:
    """Usual expressions have exact decimal results."""
    assert calculate(expression) == result


def test_endless_decimals_are_rounded_and_marked() -> None:
    """A third is given with 28 digits and the remark that it is rounded."""
    answer = BOX["calculate"].invoke({"expression": "1 / 3"})

    assert answer["result"] == "0." + "3" * 28
    assert answer["rounded"] is True
    assert "rounded" not in BOX["calculate"].invoke({"expression": "1 / 4"})


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("1 / 0", "0으로 나눌 수 없습니다"),
        ("1 % 0", "0으로 나눌 수 없습니다"),
        ("0 ** -1", "0으로 나눌 수 없습니다"),
        ("", "식이 끝나지 않았습니다"),
        ("1 +", "식이 끝나지 않았습니다"),
        ("(1 + 2", "닫는 괄호가 없습니다"),
        ("1 + 2)", "연산자가 없습니다"),
        ("2 3", "연산자가 없습니다"),
        ("* 2", "숫자가 있어야 할 곳"),
        ("1,23", "읽을 수 없습니다"),
        ("1,2345", "읽을 수 없습니다"),
        ("12,34,567", "읽을 수 없습니다"),
        ("1.2.3", "읽을 수 없습니다"),
        ("1.", "읽을 수 없습니다"),
        ("__import__('os')", "읽을 수 없습니다"),
        ("가격 * 2", "읽을 수 없습니다"),
        ("12000원", "읽을 수 없습니다"),
        ("1e5", "읽을 수 없습니다"),
        ("٣ + 1", "읽을 수 없습니다"),
        ("4 ** 0.5", "지수는 정수"),
        ("9 ** 9 ** 9", "너무 큽니다"),
        ("2 ** 100000", "너무 큽니다"),
        ("1 ** 1001", "너무 큽니다"),
        ("(2 ** 900) ** 10", "너무 큽니다"),
        ("*".join(["2 ** 900"] * 5), "너무 커집니다"),
        ("(" * 50 + "1" + ")" * 50, "너무 깊습니다"),
        ("-" * 60 + "1", "너무 깊습니다"),
        ("1+" * 150 + "1", "너무 깁니다"),
    ],
)
def test_what_cannot_be_calculated_is_a_clear_error(expression: str, problem: str) -> None:
    """Errors are ValueErrors in Korean that say what is wrong."""
    with pytest.raises(ValueError, match=problem):
        calculate(expression)


NUMBERS = st.one_of(
    st.integers(0, 10**9).map(str),
    st.integers(0, 10**12).map("{:,}".format),
    st.decimals(0, 10**6, places=3).map(str),
)
EXPRESSIONS = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda text: f"-({text})"),
        st.tuples(inner, st.integers(0, 4)).map(lambda pair: f"({pair[0]} ** {pair[1]})"),
    ),
    max_leaves=6,
)


def by_python(expression: str) -> Fraction | None:
    """What Python makes of it, numbers being fractions; None for a division by zero."""
    spelled = re.sub(
        r"(\*\* )?(\d[\d,.]*)",
        lambda match: match[0] if match[1] else f"F('{match[2].replace(',', '')}')",
        expression,
    )
    try:
        return Fraction(eval(spelled, {"F": Fraction}))  # noqa: S307 - our own text, as the measure
    except ZeroDivisionError:
        return None


@given(EXPRESSIONS)
def test_values_are_those_of_python(expression: str) -> None:
    """Whatever is not refused has the value that Python's fractions have, exactly or to 27 digits."""
    try:
        answer = BOX["calculate"].invoke({"expression": expression})
    except ValueError as error:
        expected = by_python(expression)
        assert expected is None or "너무" in str(error)  # noqa: PT017
        return
    expected = by_python(expression)

    assert expected is not None
    got = Fraction(Decimal(answer["result"]))
    assert got == expected or ("rounded" in answer and abs(got - expected) <= abs(expected) / 10**27)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_a_decimal_comes_back_as_itself(number: Decimal) -> None:
    """A number alone is its own result."""
    assert Decimal(calculate(str(number))) == number


@given(st.text("0123456789+-*/%(), .", max_size=300))
def test_any_text_is_answered_or_refused(text: str) -> None:
    """No text fails in another way than by a ValueError that says why; one that hangs runs into the test's timeout."""
    try:
        answer = calculate(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017
    else:
        assert Decimal(answer) is not None
