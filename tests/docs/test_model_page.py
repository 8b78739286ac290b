"""The page on the model, in both languages: its examples run, and its tables are what the code does."""

import json
import pickle
import re
import struct
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from clovax_agents import ChatClovaX, ClovaXEmbeddings, errors, images
from clovax_agents.capabilities import MODELS, ModelCard, model_card
from clovax_agents.client.policy import Deadlines, RetryPolicy
from clovax_agents.deployments import DEPLOYMENTS
from clovax_agents.images import image_block
from clovax_agents.requests import OPEN_CAP
from clovax_agents.simulator import FaultPlan
from clovax_agents.testing import LoopbackSimulator
from clovax_agents.wire import embeddings
from clovax_agents.wire.failures import retry_after

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("model.md", "model.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480) + b"\x08\x02\x00\x00\x00"


class Dish(BaseModel):
    """메뉴 하나."""

    name: str


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _rows(page: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in _text(page).splitlines() if "|" in line]


def _run(block: str, page: str, names: dict[str, object]) -> None:
    exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test


@pytest.fixture
def _menu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be where the reader's image is."""
    (tmp_path / "menu.png").write_bytes(PNG)
    monkeypatch.chdir(tmp_path)


HELLO = "안녕하세요! 무엇을 도와드릴까요?"
UNKNOWN = '질문을 잘 받았습니다. "가장 싼 메뉴는?"에 대해서는 시뮬레이터가 아는 내용이 없습니다.'
PASSED = (("curse", "insult"), ("curse", "discrimination"), ("unsafeContents", "sexualHarassment"))
FILTER = [{"groupName": group, "name": name, "score": "2", "result": "OK"} for group, name in PASSED]
PRINTED = [
    f"{HELLO}\n{HELLO}",
    "[{'name': 'GetWeather', 'args': {'location': '성남시 날씨'}, 'id': 'call_', 'type': 'tool_call'}]\n",
    "[{'name': 'GetWeather', 'args': {'location': '부산'}, 'id': 'call_', 'type': 'tool_call'}]\n",
    "분당 날씨\n",
    "사용자가 무엇을 원하는지 먼저 확인한다: 3의 세제곱은?\n",
    f"{UNKNOWN}\n" * 7,
    f"{FILTER}\n",
    f"{HELLO}\n",
    f"{[HELLO, HELLO]}\n" + f"{HELLO}\n" * 3,
    "31\n",
    "3 1024\n",
]
"""What each example prints on the simulator, without the random part of ids."""
ESTIMATES = re.compile(r"^\d+ \d+\n[1-3]\n(?=31$)", re.MULTILINE)
"""Counts that the answers of earlier calls correct."""


@pytest.mark.usefixtures("_menu")
@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run(page: str, clovax_simulator: LoopbackSimulator, capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, as a reader would type them, each prints what it should."""
    names: dict[str, object] = {"__name__": "page"}
    printed = []
    for block in BLOCK.findall(_text(page)):
        _run(block, page, names)
        printed.append(re.sub(r"'call_\w{24}'", "'call_'", capsys.readouterr().out))

    assert ESTIMATES.match(printed[-2])
    assert [ESTIMATES.sub("", text) for text in printed] == PRINTED
    assert len(clovax_simulator.requests) == 25


@pytest.mark.parametrize("page", PAGES)
def test_an_example_needs_those_before_it(page: str) -> None:
    """Which the page says at its top: alone, the second one does not know the model."""
    with pytest.raises(NameError, match="name 'chat' is not defined"):
        _run(BLOCK.findall(_text(page))[1], page, {"__name__": "page"})


def test_json_mode_holds_to_the_schema(clovax_simulator: LoopbackSimulator) -> None:
    """HCX-007 answers in text that fits, without a tool; of another model it is refused before anything is sent."""
    weather = next(block for block in BLOCK.findall(_text("model.md")) if "class Weather" in block)
    names: dict[str, Any] = {"__name__": "page"}
    _run(f"from pydantic import BaseModel, Field\n{weather.partition('weather = ')[0]}", "model.md", names)
    options = {"schema": names["Weather"], "method": "json_mode", "include_raw": True}
    answer = ChatClovaX(model="HCX-007").with_structured_output(**options).invoke("분당 날씨는?")
    with pytest.raises(errors.ConfigurationError, match="HCX-005 cannot be held to a JSON schema"):
        ChatClovaX(model="HCX-005").with_structured_output(**options).invoke("분당 날씨는?")

    assert names["Weather"](**json.loads(answer["raw"].text)) == answer["parsed"]
    assert not answer["raw"].tool_calls
    assert len(clovax_simulator.requests) == 1


MENU = HumanMessage([{"type": "text", "text": "가장 싼 메뉴는?"}, image_block(PNG)])
ANSWERED_BY_PROMPT = [
    ("HCX-005", {}, MENU),
    *((model, {}, HumanMessage("김밥")) for model in ("HCX-003", "HCX-DASH-001", "ft:menu")),
    ("HCX-007", {"thinking": {"effort": "low"}}, HumanMessage("김밥")),
]


@pytest.mark.usefixtures("clovax_simulator")
@pytest.mark.parametrize(("model", "settings", "question"), ANSWERED_BY_PROMPT)
def test_structured_output_by_prompt(model: str, settings: dict[str, Any], question: HumanMessage) -> None:
    """Where a tool cannot be called, the answer comes by prompt, as the page says."""
    for strategy in ("native", "emulated"):
        chat = ChatClovaX(model=model, tool_calling=strategy, **settings)
        dish = chat.with_structured_output(Dish, method="function_calling" if settings else None)
        if strategy == "emulated":
            assert isinstance(dish.invoke([question]), Dish)
        else:
            with pytest.raises(errors.ConfigurationError):
                dish.invoke([question])


@pytest.mark.parametrize("page", PAGES)
def test_what_goes_together_is_what_the_models_can_do(page: str) -> None:
    """Every model in its row, without tools by prompt."""
    words = {"예": "yes", "아니요": "no", "도구로": "by a tool", "튜닝한 모델": "ft:task", "tuned models": "ft:task"}
    start = next(number for number, row in enumerate(_rows(page)) if row[-1] == "stop")
    table = [[words.get(cell, cell) for cell in row] for row in _rows(page)[start + 2 : start + 6]]
    found = {words.get(name, name): row[1:5] for row in table for name in row[0].split(", ")}

    assert {name: _abilities(model_card(name)) for name in found} == found
    assert {"ft:task", *MODELS} - {"HCX-TEST"} == set(found)


def _abilities(card: ModelCard) -> list[str]:
    tools, thinking, schema, images = (
        "yes" if able else "no" for able in (card.tools, card.thinking, card.structured_output, card.images)
    )
    return [tools, thinking, "by a tool" if card.tools and not card.structured_output else schema, images]


def test_a_pickled_model_has_the_settings_and_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the key of the environment in which it is loaded."""
    chat = ChatClovaX(api_key="nv-given", default_headers={"X-Team": "secret"}, proxy="http://proxy:1", max_tokens=77)
    data = pickle.dumps(chat)
    loaded = pickle.loads(data)  # noqa: S301  # our own

    assert (loaded.max_tokens, loaded.api_key, loaded.default_headers, loaded.proxy) == (77, None, None, None)
    assert not any(secret in data for secret in (b"nv-given", b"secret", b"proxy:1"))
    monkeypatch.delenv("CLOVASTUDIO_API_KEY", raising=False)
    with pytest.raises(errors.ConfigurationError, match="there is no API key: set CLOVASTUDIO_API_KEY"):
        loaded.invoke("안녕")


@pytest.mark.parametrize("page", PAGES)
def test_the_example_of_an_error_shows_one(
    page: str, clovax_simulator: LoopbackSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the seconds that the service asks for, at once where they do not fit into the call."""
    block = next(block for block in BLOCK.findall(_text(page)) if "RateLimitError" in block)
    with clovax_simulator.using(faults=FaultPlan.parse("error; code=42901; retry_after=200")):
        _run(block, page, {"ChatClovaX": ChatClovaX})

    assert "retry after 200.0 seconds: " in capsys.readouterr().out
    assert len(clovax_simulator.requests) <= 1


def test_both_languages_say_the_same() -> None:
    """The same headings, examples and rows."""
    one, other = map(_text, PAGES)
    for pattern in (r"^#+ ", r"^\|", r"^```"):
        count = [len(re.findall(pattern, text, re.MULTILINE)) for text in (one, other)]
        assert count[0] == count[1], pattern
    assert BLOCK.findall(one) == BLOCK.findall(other)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """Relative links name files that are there."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", _text(page)):
        assert (DOCS / target).exists(), target


CAPS = [
    ("HCX-005", {}, 512),
    ("HCX-005", {"tools": True}, 1024),
    ("HCX-007", {"response_format": True}, 1024),
    ("HCX-007", {"thinking": {"effort": "none"}}, 512),
    ("HCX-007", {}, 5120),
    ("HCX-007", {"thinking": {"effort": "low"}}, 5120),
    ("HCX-007", {"thinking": {"effort": "medium"}}, 10_240),
    ("HCX-007", {"thinking": {"effort": "high"}}, 20_480),
]
TOOL = {"name": "f", "description": "d", "parameters": {}}
FORM = {"type": "json_schema", "json_schema": {"name": "f", "schema": {"type": "object"}}}


@pytest.mark.parametrize(("model", "options", "cap"), CAPS)
@pytest.mark.parametrize("page", PAGES)
def test_what_is_sent_without_max_tokens(
    page: str, clovax_simulator: LoopbackSimulator, model: str, options: dict[str, object], cap: int
) -> None:
    """The request asks for the number that the page names."""
    given = {"tools": [TOOL], "response_format": FORM}
    ChatClovaX(model=model).invoke("안녕", **{name: given.get(name, value) for name, value in options.items()})

    assert clovax_simulator.requests[-1].cap == cap
    assert f"| {cap:,} |" in _text(page)


@pytest.mark.parametrize("page", PAGES)
def test_every_model_and_profile_is_listed(page: str) -> None:
    """A new row of the code is missed here."""
    text = _text(page)
    assert all(model in text for model in MODELS if model != "HCX-TEST")  # which an example adds
    assert all(f"| `{json.dumps(profile)}` |" in text for profile in DEPLOYMENTS)


@pytest.mark.parametrize("page", PAGES)
def test_the_limits_of_images_are_those_of_the_code(page: str) -> None:
    """Each number in its row, in its order."""
    start = next(number for number, row in enumerate(_rows(page)) if "BMP, PNG, JPEG, WEBP" in row[1])
    found = [
        [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", row[1])] for row in _rows(page)[start:]
    ]

    assert found[1:6] == [
        [0, images.MAX_BYTES // 1024**2],
        [images.MIN_SIDE, images.MAX_SIDE],
        [images.MAX_RATIO],
        [1],
        [images.MAX_IMAGES],
    ]


@pytest.mark.parametrize("page", PAGES)
def test_the_deadlines_are_those_of_the_code(page: str) -> None:
    """Their names and defaults, and what the total adds up to."""
    usual = Deadlines()
    rows = {row[0]: row[1] for row in _rows(page)}

    assert {f"`{item.name}`" for item in fields(Deadlines)} <= set(rows)
    assert all(rows[f"`{name}`"] == f"{getattr(usual, name):g}" for name in ("connect", "first_token", "idle"))
    assert sorted(re.findall(r"\d+", rows["`total`"])) == ["1", "20", "60"]
    assert (usual.for_cap(0).total, usual.for_cap(20).total) == (60, 61)
    assert f"{OPEN_CAP:,}" in _text(page)


@pytest.mark.parametrize("page", PAGES)
def test_retries_are_those_of_the_code(page: str) -> None:
    """The number of them, the bounds of the pauses, and the headers that are read."""
    policy, text = RetryPolicy(), _text(page)

    assert policy.retries == ChatClovaX.model_fields["max_retries"].default == 2
    assert (policy.base, policy.ceiling) == (0.5, 20)
    for name in ("retry-after", "retry-after-ms", "x-ratelimit-reset-*"):
        assert f"`{name}`" in text
        assert retry_after({name.replace("*", "tokens"): "3"}) == (0.003 if name.endswith("ms") else 3)
    for code in ("42400", "50100"):
        assert code in text


@pytest.mark.parametrize("page", PAGES)
def test_every_error_of_a_call_is_listed_with_what_it_is(page: str) -> None:
    """And every fact of one."""
    rows = {row[0].strip("`"): row[1].strip("`") for row in _rows(page) if row[0].endswith("Error`")}
    wanted = {kind.__name__ for kind in _kinds(errors.ServiceError)}
    bases = {"RuntimeError": RuntimeError, "TimeoutError": TimeoutError, "ValueError": ValueError, **vars(errors)}

    assert wanted == set(rows) - {"ClovaXError", "ConfigurationError", "StructuredOutputError"}
    assert all(issubclass(getattr(errors, name), bases[base]) for name, base in rows.items() if base)
    assert {f"`{item.name}`" for item in fields(errors.CallFacts) if f"`{item.name}`" not in _text(page)} == set()


def _kinds(root: type[Exception]) -> set[type[Exception]]:
    own = {kind for kind in root.__subclasses__() if kind.__module__ == root.__module__}
    return {root}.union(*map(_kinds, own))


@pytest.mark.parametrize("page", PAGES)
def test_the_models_of_embeddings_are_those_of_the_code(page: str) -> None:
    """With the tokens that each takes, and the other numbers."""
    rows = {match[1]: row[1] for row in _rows(page) if (match := re.match(r"`([a-z0-9-]+)`, ", row[0]))}
    settings = ClovaXEmbeddings.model_fields

    assert rows == {name: f"{tokens:,}" for name, tokens in embeddings.MODELS.items()}
    assert (settings["model"].default, settings["max_concurrency"].default) == (next(iter(rows)), 4)
    assert f"{embeddings.DIMENSIONS:,}" in _text(page)
