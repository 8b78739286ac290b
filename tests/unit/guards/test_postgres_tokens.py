"""The words of a query are those that Postgres reads, in old versions and in new ones."""

import pytest

from clovax_agents.errors import QueryRefusedError
from clovax_agents.guards.postgres_rules import Function
from clovax_agents.guards.postgres_tokens import read_words


@pytest.mark.parametrize(
    ("sql", "called"),
    [
        ('SELECT Count(*), "Sum"(a), lower /* ( */ (b) -- (', {"count", "Sum", "lower"}),
        ("SELECT 'f(' || $$g($$ || $t$h($$($t$ || E'\\'i(' || b'1' || X'0f'", set()),
        ("SELECT 'it''s f(' , \"a\"\"b\"(1)", {'a"b'}),
        ("/* f( /* g( */ */ SELECT h()", {"h"}),
        ("SELECT a$b$(1)", {"a$b$"}),
        ("SELECT 1_evil(1), 2evil(2), 3.evil(3), 4e5evil(4), 0x1f(5)", {"_evil", "evil", "x1f"}),
        ("SELECT 한글(1), ÉÀ(2)", {"한글", "ÉÀ"}),
        ("SELECT " + "x" * 80 + "(1)", {"x" * 63}),
        ("SELECT date'2026-01-01', interval '1 day', (1)", set()),
        ("VALUES (1), (2)", {"values"}),
    ],
)
def test_what_is_called(sql: str, called: set[str]) -> None:
    """Names before a parenthesis, whatever stands in between; never what is in a text or in a comment."""
    assert read_words(sql).called == called


UNREADABLE = (
    *("SELECT 'a", 'SELECT "a', "SELECT $$a", "SELECT $a$ $b$", "SELECT /* a", "SELECT E'a\\'", "SELECT E'a''"),
    *("SELECT U&'a'", 'SELECT u&"a"', 'SELECT ""', "SELECT \\", "SELECT $1", "SELECT \x01"),
    *("SELECT E'a'\n'b'", "SELECT 'a'\n'b'", "SELECT 1; SELECT 2", "SELECT 1;;"),
)


@pytest.mark.parametrize("sql", UNREADABLE)
def test_what_cannot_be_read_for_certain_is_refused(sql: str) -> None:
    """Rather that than read otherwise than Postgres does."""
    with pytest.raises(QueryRefusedError):
        read_words(sql)


def test_a_semicolon_at_the_end_is_left_out() -> None:
    """With the comments behind it."""
    assert read_words("SELECT ';' ; -- ;\n/* ; */ ").text == "SELECT ';' "


def test_half_a_character_is_no_crash() -> None:
    """What no server would take is read all the same."""
    assert read_words("SELECT \udcff(1)").begins == "select"


def _function(said: str) -> Function:
    name, home, volatility, *more = said.split()
    language = more[0] if more else "internal"
    return Function(
        name=name,
        is_builtin=home == "builtin",
        volatility=volatility,
        is_definer="definer" in more,
        language=language,
        is_trusted=language in {"sql", "plpgsql"},
    )


@pytest.mark.parametrize(
    "said",
    ["lower builtin i", "now builtin s", "random builtin v", "similarity own i c", "discount own s sql"],
)
def test_these_functions_only_compute(said: str) -> None:
    """As Postgres says of them, or as it is known."""
    assert _function(said).only_computes


@pytest.mark.parametrize(
    "said",
    [
        "pg_sleep builtin v",
        "pg_read_file builtin v",
        "pg_get_viewdef builtin s",
        "table_to_xml builtin s",
        "random own v plpgsql",
        "crosstab own s c",
        "crosstab own i c",
        "reads_files own i plpython3u",
        "reads_all own s sql definer",
    ],
)
def test_these_functions_do_more(said: str) -> None:
    """They may change something, look into the server, run what their argument says, or run as somebody else."""
    assert not _function(said).only_computes
