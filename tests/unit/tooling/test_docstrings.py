"""Docstrings of every style say the same to the model."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.tooling.docstrings import MalformedDocstringError, read_docstring

WORDS = st.text("abcdefgXYZ가나다라마바사 0123,.()", min_size=1, max_size=40).map(str.strip).filter(bool)
SENTENCES = WORDS.map(lambda text: f"가{text}")
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
PARAMETERS = st.dictionaries(NAMES, SENTENCES, min_size=1, max_size=5)


def google(summary: str, details: str, parameters: dict[str, str]) -> str:
    """Write a docstring in Google style."""
    lines = "\n".join(f"    {name}: {text}" for name, text in parameters.items())
    return f"{summary}\n\n{details}\n\nArgs:\n{lines}\n\nReturns:\n    Something.\n"


def google_with_types(summary: str, details: str, parameters: dict[str, str]) -> str:
    """Write a docstring in Google style that repeats the types."""
    lines = "\n".join(f"    {name} (str, optional): {text}" for name, text in parameters.items())
    return f"{summary}\n\n{details}\n\nArgs:\n{lines}\n\nRaises:\n    ValueError: If not.\n"


def korean(summary: str, details: str, parameters: dict[str, str]) -> str:
    """Write a docstring in Google style with Korean titles."""
    lines = "\n".join(f"    {name}: {text}" for name, text in parameters.items())
    return f"{summary}\n\n{details}\n\n인자:\n{lines}\n\n반환:\n    결과.\n"


def numpy(summary: str, details: str, parameters: dict[str, str]) -> str:
    """Write a docstring in NumPy style."""
    lines = "\n".join(f"{name} : str\n    {text}" for name, text in parameters.items())
    return f"{summary}\n\n{details}\n\nParameters\n----------\n{lines}\n\nReturns\n-------\nstr\n    Something.\n"


def sphinx(summary: str, details: str, parameters: dict[str, str]) -> str:
    """Write a docstring in Sphinx style."""
    lines = "\n".join(f":param {name}: {text}" for name, text in parameters.items())
    return f"{summary}\n\n{details}\n\n{lines}\n:returns: Something.\n:rtype: str\n"


@pytest.mark.parametrize("style", [google, google_with_types, korean, numpy, sphinx])
@given(summary=SENTENCES, details=SENTENCES, parameters=PARAMETERS)
@pytest.mark.soak(every=4)
def test_what_was_written_is_read(style, summary: str, details: str, parameters: dict[str, str]) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Description and parameters come back from every style, indented as in a function or not."""
    text = style(summary, details, parameters)
    first, _, rest = text.partition("\n")
    for written in (text, f"{first}\n{textwrap.indent(rest, '    ')}"):
        read = read_docstring(written)
        assert read.description == f"{summary}\n\n{details}"
        assert read.parameters == parameters


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_clearly(text: str) -> None:
    """No text makes the reader fail in another way than by its own error."""
    try:
        read_docstring(text)
    except MalformedDocstringError as error:
        assert str(error)  # noqa: PT017


def test_a_text_without_sections_is_kept_as_it_is() -> None:
    """Line breaks and lists of a description survive."""
    text = "요약.\n\n- 하나\n  - 둘\n\n: 셋"

    assert read_docstring(text).description == text


def test_a_numpy_entry_for_two_parameters_counts_for_both() -> None:
    """``x, y : int`` describes x and y."""
    read = read_docstring("Do.\n\nParameters\n----------\nx, y : int\n    A coordinate.\n")

    assert read.parameters == {"x": "A coordinate.", "y": "A coordinate."}


def test_an_explanation_over_several_lines_is_kept() -> None:
    """A parameter's text may have colons and continue on the next line."""
    read = read_docstring("Do.\n\nArgs:\n    when: 언제: 날짜를\n        적습니다.\n    where: 어디.\n")

    assert read.parameters == {"when": "언제: 날짜를\n적습니다.", "where": "어디."}


def test_attributes_are_not_parameters() -> None:
    """An Attributes section describes something else."""
    assert read_docstring("Do.\n\nAttributes:\n    x: No parameter.\n").parameters == {}


@pytest.mark.parametrize("text", [None, "", "   \n  "])
def test_no_docstring_says_nothing(text: str | None) -> None:
    """A missing or blank docstring has no description and no parameters."""
    assert read_docstring(text).description == ""


def test_a_broken_section_is_refused() -> None:
    """A section of parameters without colons is an error, not part of the description."""
    with pytest.raises(MalformedDocstringError, match="Args:"):
        read_docstring("Do.\n\nArgs:\n    city the name\n")
