"""The calculator is exact, bounded, and clear about what it cannot read."""

import re
import time
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import ModelRetry
from clovax_agents.toolkit import calculator


def calculate(expression: str) -> str:
    """Return the result as the model reads it."""
    result: str = calculator.invoke({"expression": expression})["result"]
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
        ("1e5 + 2.5E-1", "100000.25"),
        ("２＋３", "5"),
        ("1만 2천", "12000"),
        ("1만2천원", "12000"),
        ("3억", "300000000"),
        ("3억 5천만", "350000000"),
        ("1억 2,345만 6천 7백 8십 9", "123456789"),
        ("2.5억 / 2", "125000000"),
        ("12,000만원", "120000000"),
        ("삼만 오천 + 이십", "35020"),
        ("만", "10000"),
        ("1조 - 1", "999999999999"),
        ("₩3,000 * 2", "6000"),
        ("10만원 * 15퍼센트", "15000"),
        ("3 + 1만 2", "10005"),
        ("round(2.345; 2)", "2.35"),
        ("round(-2.5)", "-3"),
        ("round(123,456; -3)", "123000"),
        ("abs(-1,234)", "1234"),
        ("min(3, 1, 2) + max(3, 1, 2)", "4"),
        ("max(1500,2000)", "2000"),
        ("sum(12,900; 3,000) * 2", "31800"),
        ("avg(1; 2; 4.5)", "2.5"),
        ("평균(1, 2, 3)", "2"),
        ("합계(1만; 2천)", "12000"),
        ("sqrt(2.25)", "1.5"),
        ("제곱근(16)", "4"),
        ("ratio(3; 4)", "0.75"),
        ("백분율(1; 4)", "25"),
        ("percentage(30; 120)", "25"),
        ("growth(12,500; 15,000)", "20"),
        ("증감률(100; 80)", "-20"),
        ("growth(-100; 50)", "150"),
        ("compound(1백만; 5%; 3)", "1157625"),
        ("cagr(100; 121; 2)", "10"),
        ("floor(-1.5) + ceil(1.2)", "0"),
        ("SUM(1; 2)", "3"),
        ("max((1,234); 5)", "1234"),
        ("sum(max(1; 2), 3)", "5"),
    ],
)
def test_results_are_exact(expression: str, result: str) -> None:
    """Usual expressions have exact decimal results."""
    assert calculate(expression) == result


def test_what_has_no_end_is_rounded_and_marked() -> None:
    """A third, a root and a rate are given with 28 digits and the remark that they are rounded."""
    assert calculator.invoke({"expression": "1 / 3"}) == {"result": "0." + "3" * 28, "rounded": True}
    assert calculator.invoke({"expression": "sqrt(2)"})["rounded"] is True
    assert calculator.invoke({"expression": "cagr(100; 200; 3)"})["result"].startswith("25.99210498948731647672")
    assert "rounded" not in calculator.invoke({"expression": "1 / 4"})


def test_large_numbers_are_said_in_korean_too() -> None:
    """Models misplace 만 and 억, so they are told."""
    assert calculator.invoke({"expression": "-12억 3456만 7890"})["korean"] == "-12억 3,456만 7,890"
    assert calculator.invoke({"expression": "10 ** 16"})["korean"] == "1경"
    assert "korean" not in calculator.invoke({"expression": "9,999"})
    assert "korean" not in calculator.invoke({"expression": "12345.6"})
    assert "korean" not in calculator.invoke({"expression": "10 ** 20"})


REFUSED = [
    ("1 / 0", "divides by zero", "0으로 나눌 수 없습니다"),
    ("1 % 0", "divides by zero", "0으로 나눌 수 없습니다"),
    ("0 ** -1", "divides by zero", "0으로 나눌 수 없습니다"),
    ("ratio(1; 0)", "divides by zero", "0으로 나눌 수 없습니다"),
    ("", "empty", "비어 있습니다"),
    ("1 +", "not complete", "식이 끝나지 않았습니다"),
    ("(1 + 2", "'\\)' is missing", "닫는 괄호가 없습니다"),
    ("sum(1; 2", "'\\)' is missing", "닫는 괄호가 없습니다"),
    ("1 + 2)", "operator is missing before", "연산자가 없습니다"),
    ("2 3", "operator is missing before '3'", "연산자가 없습니다"),
    ("* 2", "number is expected before '\\*'", "숫자가 있어야"),
    ("1,23", "comma before '23'", "천 단위 쉼표가 아닙니다"),
    ("1,2345", "comma before '2345'", "천 단위 쉼표가 아닙니다"),
    ("12,34,567", "comma before '34,567'", "천 단위 쉼표가 아닙니다"),
    ("1, 2", "comma before '2'", "천 단위 쉼표가 아닙니다"),
    ("1.2.3", "operator is missing", "연산자가 없습니다"),
    ("1.", "cannot be read from '\\.'", "읽을 수 없습니다"),
    ("__import__('os')", "cannot be read from", "읽을 수 없습니다"),
    ("가격 * 2", "no function '가격'", "함수가 없습니다"),
    ("x", "no function 'x'; there are: abs", "쓸 수 있는 함수: abs"),
    ("max * 2", "'\\(' has to follow max", "여는 괄호"),
    ("max(1,234)", "separate arguments by ';'", "';'로 구분"),
    ("sum(12,900, 3,000)", "separate arguments by ';'", "';'로 구분"),
    ("sum(1; 2, 3)", "choose one", "하나로만"),
    ("max()", "number is expected", "숫자가 있어야"),
    ("growth(1)", "takes 2 arguments, not 1", "인자는 2개인데"),
    ("round(1; 2; 3)", "takes 1 to 2 arguments, not 3", "인자는 1~2개인데"),
    ("round(1; 0.5)", "whole number of digits", "자릿수"),
    ("compound(1; 5%; -1)", "whole number of periods", "기간 수"),
    ("growth(0; 5)", "growth from zero", "0에서 시작한"),
    ("sqrt(-1)", "no negative", "음수"),
    ("cagr(-1; 5; 2)", "positive", "양수"),
    ("1만 20000", "units have to descend", "큰 단위부터"),
    ("1억 12000만", "units have to descend", "큰 단위부터"),
    ("1천 2천", "units have to descend", "큰 단위부터"),
    ("일이만", "operator is missing|is no number|no function", "연산자|수가 아닙니다|함수"),
    ("$5", "cannot be read from", "읽을 수 없습니다"),
    ("٣ + 1", "cannot be read from", "읽을 수 없습니다"),
    ("2²", "cannot be read from", "읽을 수 없습니다"),
    ("4 ** 0.5", "exponent has to be a whole number", "지수는 정수"),
    ("9 ** 9 ** 9", "too large", "너무 큽니다"),
    ("2 ** 100000", "too large", "너무 큽니다"),
    ("1 ** 1001", "too large", "너무 큽니다"),
    ("(2 ** 900) ** 10", "too large", "너무 큽니다"),
    ("*".join(["2 ** 900"] * 5), "too large", "너무 커집니다"),
    ("compound(2; 9900%; 999)", "too large", "너무 커집니다|너무 큽니다"),
    ("9" * 1900, "too large", "너무 커집니다"),
    ("1e999 * 1e999", "too large", "너무 커집니다"),
    ("(" * 50 + "1" + ")" * 50, "deeper than 40", "40겹보다"),
    ("-" * 60 + "1", "deeper than 40", "40겹보다"),
    ("abs(" * 50 + "1" + ")" * 50, "deeper than 40", "40겹보다"),
    ("1+" * 1500 + "1", "longer than 2000", "2000자보다"),
]


@pytest.mark.parametrize(("expression", "english", "korean"), REFUSED, ids=[row[0][:20] or "empty" for row in REFUSED])
def test_what_cannot_be_calculated_is_a_clear_error(
    expression: str, english: str, korean: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model reads what to correct, in either language."""
    monkeypatch.delenv("CLOVAX_LANG", raising=False)
    with pytest.raises(ModelRetry, match=english):
        calculate(expression)
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    with pytest.raises(ModelRetry, match=korean):
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
    """Return what Python makes of it, numbers being fractions; None for a division by zero."""
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
        answer = calculator.invoke({"expression": expression})
    except ModelRetry as error:
        expected = by_python(expression)
        assert expected is None or "too large" in str(error)  # noqa: PT017
        return
    expected = by_python(expression)

    assert expected is not None
    got = Fraction(Decimal(answer["result"]))
    assert got == expected or ("rounded" in answer and abs(got - expected) <= abs(expected) / 10**27)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_a_decimal_comes_back_as_itself(number: Decimal) -> None:
    """A number alone is its own result."""
    assert Decimal(calculate(str(number))) == number


@given(st.integers(1, 10**20 - 1))
def test_korean_units_are_read_as_they_are_written(number: int) -> None:
    """What the calculator says in Korean, it also reads."""
    answer = calculator.invoke({"expression": str(number)})
    if "korean" in answer:
        assert calculate(answer["korean"]) == str(number)


@given(st.lists(st.decimals(1, 10**6, places=2), min_size=2, max_size=8), st.sampled_from(["sum", "avg", "max", "min"]))
def test_functions_of_lists_are_those_of_decimal(numbers: list[Decimal], name: str) -> None:
    """With separators of thousands, too."""
    expression = f"{name}({'; '.join(f'{number:,}' for number in numbers)})"
    with localcontext() as context:
        context.prec = 60
        expected = {"sum": sum(numbers), "avg": sum(numbers) / len(numbers), "max": max(numbers), "min": min(numbers)}
        assert abs(Decimal(calculate(expression)) - expected[name]) < Decimal("1e-18")


@given(st.decimals("0.0001", 10**12, places=4), st.integers(1, 60))
def test_roots_and_rates_are_right_to_many_digits(number: Decimal, periods: int) -> None:
    """A root times itself, and a rate compounded, give back what they were taken of."""
    root = Fraction(calculate(f"sqrt({number})"))
    assert abs(root * root - Fraction(number)) <= Fraction(number) / 10**26
    rate = Fraction(calculate(f"cagr(1; {number}; {periods})")) / 100
    assert abs((1 + rate) ** periods - Fraction(number)) <= Fraction(number) / 10**18


WILD = "0123456789+-*/%(),; .eE" + "만억천백십원일이삼조경" + "sumaxroundgrowth평균증감률퍼센트×²"


@given(st.text(WILD, max_size=300))
def test_any_text_is_answered_or_refused(text: str) -> None:
    """No text fails in another way than by an error that says why; one that hangs runs into the test's timeout."""
    try:
        answer = calculate(text)
    except ModelRetry as error:
        assert str(error)  # noqa: PT017
    else:
        assert Decimal(answer) is not None


@given(st.text(max_size=100))
def test_any_text_of_any_script_is_answered_or_refused(text: str) -> None:
    """Half characters, controls and digits of other scripts included."""
    try:
        calculate(text)
    except ModelRetry as error:
        assert str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "pattern",
    ["1,234", "만 ", "1", " ", "1만 ", "(", "-", "1 ", "a", "가", "1+", "1e", "sum(", "1**", "%", "만" + " " * 1990],
)
def test_reading_takes_no_longer_than_the_text(pattern: str) -> None:
    """The longest text of a kind takes milliseconds, whatever it repeats."""
    text = (pattern * 2000)[:2000]
    began = time.perf_counter()
    for _ in range(3):
        try:
            calculate(text)
        except ModelRetry:
            continue
    assert time.perf_counter() - began < 1
