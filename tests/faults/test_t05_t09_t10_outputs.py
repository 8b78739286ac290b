"""T05, T09, T10, S11: whatever a tool returns or raises, the model gets a text of bounded length, without secrets."""

import itertools
import resource
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import ToolMessage
from langgraph.types import Command
from pydantic import BaseModel
from toolruns import both, call, outcomes

from clovax_agents import ModelRetry, ToolFailed, ToolPolicy, tool
from clovax_agents.execution.results import MAX_RESULT_BYTES, cut, shape
from clovax_agents.execution.texts import clean, error_text, masked, one_line

READ = ToolPolicy(effect="read")


@dataclass
class Parcel:
    """소포."""

    number: str
    weight: float


class Shop(BaseModel):
    """가게."""

    name: str


class Hostile:
    """Something whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no")


def _shaped(value: Any, **policy: Any) -> ToolMessage:
    message = shape(value, call_id="c0", name="t", policy=ToolPolicy(**policy))
    assert isinstance(message, ToolMessage)
    return message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("서울", "서울"),
        ({"도시": ["서울", 1, True, None]}, '{"도시": ["서울", 1, true, null]}'),
        (None, "null"),
        ([], "[]"),
        (b"\xff\xea\xb0\x80", "\ufffd가"),
        ([float("nan"), float("inf")], '["nan", "inf"]'),
        ({1}, "[1]"),
        ((n for n in range(3)), "[0, 1, 2]"),
        (Parcel("P-1", 1.5), '{"number": "P-1", "weight": 1.5}'),
        (Shop(name="가게"), '{"name": "가게"}'),
        ("a\x00b\ud800\x1b[31mc\x1b[0m\nd\te", "ab\ufffdc\nd\te"),
    ],
    ids=range(11),
)
def test_every_kind_of_value_is_a_text(value: Any, text: str) -> None:
    """JSON with readable Korean where there is JSON; nothing that a terminal or a database chokes on."""
    assert _shaped(value).content == text


def test_what_has_no_end_is_cut_and_kept_aside() -> None:
    """Endless generators end, long texts keep head and tail, and the whole is in the artifact."""
    for value in (itertools.count(), ("x" * 100_000 for _ in itertools.count()), "가" * 5_000_000):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        message = _shaped(value)
        assert len(str(message.content).encode()) < MAX_RESULT_BYTES + 200
        assert "left out" in str(message.content)
        assert len(message.artifact) > len(message.content)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000  # KiB, of which much is the value


def test_a_hundred_megabytes_cost_little_more_than_themselves() -> None:
    """The copy that is made is of what is kept (T09: less than 32 MB)."""
    value = "x" * 100_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _shaped(value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32_000


async def test_what_cannot_be_told_is_a_tool_error() -> None:
    """Circles, endless depth and texts that raise end their own call and no other."""
    circle: list[Any] = []
    circle.append(circle)
    deep: dict[str, Any] = {}
    inner = deep
    for _ in range(100_000):
        inner["a"] = {}
        inner = inner["a"]
    values = {"circle": circle, "deep": deep, "hostile": Hostile(), "good": "fine"}

    @tool(policy=READ)
    def give(which: str) -> Any:
        """Give."""
        return values[which]

    for messages in await both([give], *[call("give", name, which=name) for name in values]):
        assert outcomes(messages) == ["error", "error", "error", "success"]
        assert "contains itself" in messages[0].text
        assert "nested deeper" in messages[1].text
        assert "cannot be written as text" in messages[2].text


def test_korean_counts_as_what_it_costs() -> None:
    """Within so many tokens there is room for more English letters than Korean syllables."""
    korean, english = cut("가" * 10_000, 100), cut("a" * 10_000, 100)
    assert korean.count("가") == pytest.approx(208, abs=2)
    assert english.count("a") > 450
    assert cut("가" * 100, 100) == "가" * 100


def test_blocks_and_artifacts_of_the_tools_own_are_kept() -> None:
    """Pictures pass as they are; an artifact of the tool's own is not replaced."""
    picture = [
        {"type": "text", "text": "그림"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aaaa"}},
    ]
    assert _shaped(picture).content == picture
    pair = shape(("a" * 200_000, {"rows": 1}), call_id="c", name="t", policy=READ, has_artifact=True)
    assert pair.artifact == {"rows": 1}
    assert len(pair.content) < 70_000


async def test_messages_that_a_tool_makes_itself_are_held_to_the_same() -> None:
    """Its text is cut, and it answers its own call, whatever id the tool wrote."""

    @tool(policy=READ)
    def forge(size: int) -> ToolMessage:
        """Answer another call."""
        return ToolMessage("x" * size, tool_call_id="c1")

    for messages in await both([forge], call("forge", "c0", size=200_000), call("forge", "c1", size=1)):
        assert [message.tool_call_id for message in messages] == ["c0", "c1"]
        assert len(messages[0].content) < 70_000


async def test_errors_are_told_without_secrets_and_siblings_keep_their_results() -> None:
    """Passwords in URLs, keys and tokens are masked; groups are told one by one; nothing is a traceback (T05)."""
    errors = {
        "url": ConnectionError("cannot reach postgresql://shop:hunter22@db/shop"),
        "header": RuntimeError("401 for Authorization: Bearer abcdef123456"),
        "key": ValueError("api_key=nv-0123456789abcdef is wrong"),
        "group": ExceptionGroup("several", [ValueError("first"), KeyError("second")]),
        "hostile": ValueError(Hostile()),
    }

    @tool(policy=READ)
    def fail(which: str) -> str:
        """Fail."""
        if which == "none":
            return "fine"
        raise errors[which]

    for messages in await both([fail], *[call("fail", name, which=name) for name in (*errors, "none")]):
        assert outcomes(messages) == ["error"] * 5 + ["success"]
        text = " ".join(message.text for message in messages)
        assert not any(secret in text for secret in ("hunter22", "abcdef123456", "nv-0123456789abcdef", "Traceback"))
        assert "first" in messages[3].text
        assert "second" in messages[3].text


async def test_redaction_covers_results_and_errors_and_fails_shut() -> None:
    """A function of the policy takes out what it knows; if it fails, nothing is shown at all."""

    def broken(_: str) -> str:
        raise ValueError("broken")

    def hide(text: str) -> str:
        return text.replace("850101-1234567", "******-*******")

    @tool(policy=ToolPolicy(effect="read", redact=hide))
    def show(fails: bool) -> str:  # noqa: FBT001
        """Show a number."""
        if fails:
            raise ValueError("850101-1234567 is unknown")
        return "850101-1234567"

    @tool(policy=ToolPolicy(effect="read", redact=broken))
    def leak() -> str:
        """Show a number."""
        return "850101-1234567"

    made = (call("show", "a", fails=False), call("show", "b", fails=True), call("leak", "c"))
    for messages in await both([show, leak], *made):
        assert "850101" not in " ".join(message.text for message in messages)
        assert "withheld" in messages[2].text


async def test_a_tool_says_whether_another_try_helps() -> None:
    """ModelRetry asks for other arguments, ToolFailed for none."""

    @tool(policy=ToolPolicy(effect="read", retries=3))
    def choose(which: str) -> str:
        """Choose."""
        raise {"retry": ModelRetry("give a city"), "failed": ToolFailed("the account is closed")}[which]

    for messages in await both([choose], call("choose", "a", which="retry"), call("choose", "b", which="failed")):
        assert messages[0].text == "Error: give a city. Correct the arguments and call the tool again"
        assert messages[1].text == "Error: the account is closed. Do not call it again for this request"


async def test_names_cannot_forge_a_line_of_a_log() -> None:
    """Line breaks and escapes in a tool's name stay out of the answer (S11)."""
    for messages in await both([], call("pay\r\n2026-11-28 admin logged in\x1b[2J")):
        assert "\n" not in messages[0].text
        assert "\x1b" not in messages[0].text


async def test_commands_update_the_state_and_answer_the_call() -> None:
    """A Command of a tool's goes through, with its message."""

    @tool(policy=READ)
    def remember(fact: str) -> Command[Any]:
        """Remember."""
        return Command(update={"facts": [fact], "messages": [ToolMessage("noted", tool_call_id="c0")]})

    from toolruns import calls  # noqa: PLC0415

    from clovax_agents import ToolExecutor  # noqa: PLC0415  # the state's shape matters here

    (command,) = await ToolExecutor([remember]).ainvoke({"messages": calls(call("remember", fact="a"))})
    assert command.update["facts"] == ["a"]
    assert command.update["messages"][0].name == "remember"


@given(st.text())
def test_a_clean_text_is_clean_and_stays_so(text: str) -> None:
    """Cleaning twice changes nothing more, and the result can be written as UTF-8."""
    once = clean(text)
    assert clean(once) == once
    assert "\x1b" not in once
    once.encode()
    assert "\n" not in one_line(text)


@given(st.text(max_size=300))
def test_masking_never_grows_a_secret(text: str) -> None:
    """Masking twice changes nothing more, and an error's text is bounded."""
    assert masked(masked(text)) == masked(text)
    assert len(error_text(ValueError(text))) <= 2_100
