"""Texts for a model or a log: without control characters, without secrets, without surprises (faults T05, S11)."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from clovax_agents.errors import ModelRetry, ToolFailed, ToolTimeoutError
from clovax_agents.execution.texts import clean, error_text, masked, one_line, redacted


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("line\n\tand tab", "line\n\tand tab"),
        ("a\x00b\x08c\x7f", "abc"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x1b[2J\x1b[H", ""),
        ("\x9b31mred", "31mred"),
        ("가\ud800나", "가\ufffd나"),
        ("\x1b", ""),
    ],
)
def test_a_text_is_cleaned(text: str, plain: str) -> None:
    """Escape sequences of terminals and characters that no database takes are gone, and nothing else."""
    assert clean(text) == plain


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pay\r\n2026-11-28 admin logged in", "pay 2026-11-28 admin logged in"),
        ("pay\u2028next", "pay next"),
        ("pay\x1b[2Jnow", "paynow"),
        ("\ud800", "\ufffd"),
        ("k" * 100, "k" * 63 + "…"),
    ],
)
def test_a_name_stands_in_one_line(name: str, line: str) -> None:
    """A name cannot begin a line of a log, nor fill it (S11)."""
    assert one_line(name) == line


SECRETS = [
    "postgresql://shop:{}@db/shop",
    "postgresql://shop:a@{}@db/shop",
    "redis://:{}@cache:6379",
    "https://{}@github.com/shop",
    "401 for Authorization: Bearer {}",
    "Authorization: Basic {}",
    "api_key={}",
    "X-NCP-CLOVASTUDIO-API-KEY: {}",
    "{{'password': '{}'}}",
    "password='{} with more words'",
    'client_secret: "{}"',
    "DB_PASSWORD={} is wrong",
    "token={}&next=1",
]


@pytest.mark.parametrize("form", SECRETS)
def test_what_is_called_a_secret_is_not_told(form: str) -> None:
    """In addresses, headers, settings, dicts and queries, also where it has several words."""
    told = masked(form.format("zXcVbNm0987654"))
    assert "zXcVbNm" not in told
    assert "more words" not in told
    assert "***" in told


@pytest.mark.parametrize(
    "secret",
    [
        "nv-0123456789abcdef0123",
        "sk-proj-0123456789abcdef",
        "ghp_0123456789abcdefghij",
        "xoxb-0123456789-abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_key_is_not_told(secret: str) -> None:
    """Wherever it stands."""
    told = masked(f"rejected: {secret}, try another")
    assert "MIIEow" not in told
    assert secret not in told
    assert told.startswith("rejected: ")
    assert told.endswith(", try another")


@pytest.mark.parametrize(
    "text",
    [
        "no such order: ORD-20261118-0001",
        "the token limit is 4096",
        "https://shop.example/a:b",
        "비밀번호 오류",
        "sk-1",
    ],
)
def test_what_is_no_secret_is_told(text: str) -> None:
    """An error that says nothing helps nobody."""
    assert masked(text) == text


@given(st.text(max_size=200))
def test_masking_is_done_once_for_all(text: str) -> None:
    """Masking what is masked changes nothing more."""
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize(
    "part", ["a", "a_", "a-", "://:", "ab://", "password=", "api_key", "bearer ", "eyJ", "\x1b[0", "\x1b]", "'\\"]
)
def test_no_text_takes_long(part: str) -> None:
    """A hostile text costs what its length costs: no pattern tries everything with everything (S10)."""
    began = time.monotonic()
    masked(clean(part * (20_000 // len(part))))
    clean(part * (400_000 // len(part)))
    assert time.monotonic() - began < 2


def test_redaction_fails_shut() -> None:
    """A function that breaks shows nothing; without one the text is as it was."""
    assert redacted("850101-1234567", None) == "850101-1234567"
    assert redacted("850101-1234567", lambda text: text[:6]) == "850101"
    assert "850101" not in redacted("850101-1234567", lambda text: text[10**9])


class _MuteError(Exception):
    """Its text is an error."""

    def __init__(self, raised: Any) -> None:
        self.raised = raised

    def __str__(self) -> str:
        if isinstance(self.raised, BaseException):
            raise self.raised
        return self.raised


class _Form(BaseModel):
    amount: int


def _invalid() -> Exception:
    try:
        _Form.model_validate({"amount": "secret-value"})
    except ValueError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("no such order"), "no such order"),
        (RuntimeError(), "RuntimeError"),
        (KeyError("city"), "KeyError: 'city'"),
        (ConnectionError("reset\x1b[0m"), "ConnectionError: reset"),
        (ToolTimeoutError("too late"), "too late"),
        (ModelRetry("give a city"), "give a city. Correct the arguments and call the tool again"),
        (ToolFailed("closed"), "closed. Do not call it again for this request"),
        (
            ExceptionGroup("all", [ValueError("a"), ExceptionGroup("b", [KeyError("c")]), ValueError("a")]),
            "a; KeyError: 'c'",
        ),
        (_MuteError(ValueError()), "_MuteError"),
        (_MuteError(SystemExit(1)), "_MuteError"),
        (_MuteError(5), "_MuteError"),
    ],
    ids=range(11),
)
def test_an_error_is_told_in_its_own_words(error: BaseException, text: str) -> None:
    """With its kind where the words alone would not do; never a traceback, and nothing that breaks the telling."""
    assert error_text(error) == text


def test_a_validation_error_tells_places_and_no_values() -> None:
    """What was wrong with the tool's own data is told without the data."""
    text = error_text(_invalid())
    assert text.startswith("amount: ")
    assert "secret-value" not in text
    assert "http" not in text


def test_an_error_is_short() -> None:
    """However long its text is, and however many errors it holds."""
    assert len(error_text(ValueError("x" * 10_000_000))) <= 2_000
    many: BaseException = ValueError("leaf")
    for number in range(200):
        many = BaseExceptionGroup(f"{number}", [many, *[ValueError("x" * 1000) for _ in range(20)]])
    assert len(error_text(many)) <= 2_000
