"""Which model has which feature of native chat, and which features exclude each other (docs/wire.md, section 2.1)."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.capabilities import MODELS
from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator import BrainReply, ChatRequest, Key

START = Callable[..., TestClient]
OK = "200 20000 OK"
NO_IMAGES = "400 40009 Unsupported input format"
NO_TOOLS = "400 40009 Unsupported function"
NO_API = "400 40084 Unsupported API for model"
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
PICTURE = {"type": "image_url", "imageUrl": {"url": "https://x.kr/a.png"}}
SEEN: dict[str, Any] = {"messages": [{"role": "user", "content": [PICTURE]}]}
TOOLS: dict[str, Any] = {"tools": [{"type": "function", "function": {"name": "f", "description": "f를 합니다"}}]}
SCHEMA: dict[str, Any] = {"responseFormat": {"type": "json", "schema": {"type": "object"}}}
LOW: dict[str, Any] = {"thinking": {"effort": "low"}}
NONE: dict[str, Any] = {"thinking": {"effort": "none"}}
FEATURES = {"image": SEEN, "thinking": LOW, "tools": TOOLS, "schema": SCHEMA}
THREE = ("HCX-007", "HCX-005", "HCX-DASH-002")
ONE = ("HCX-003", "HCX-DASH-001")


def _wrong(*names: str) -> str:
    return f"400 40001 Invalid parameter: {', '.join(names)}"


def _post(client: TestClient, path: str, **changes: Any) -> Any:
    return client.post(path, json={"messages": [USER], **changes})


def _ask(client: TestClient, model: str, **changes: Any) -> Any:
    return _post(client, f"/{'v1' if model in ONE else 'v3'}/chat-completions/{model}", **changes)


def _told(answer: Any) -> str:
    status = answer.json()["status"]
    return f"{answer.status_code} {status['code']} {status['message']}"


ENDPOINTS = [(model, "v3", OK if model in THREE else NO_API) for model in (*THREE, *ONE)]
ENDPOINTS += [(model, "v1", OK if model in ONE else NO_API) for model in (*THREE, *ONE)]


@pytest.mark.parametrize(
    ("model", "version", "told"), ENDPOINTS, ids=[f"w2_1_01_{model}_on_{version}" for model, version, _ in ENDPOINTS]
)
def test_a_model_is_served_by_one_api(simulator: START, model: str, version: str, told: str) -> None:
    """The three newer models answer on v3, the two older ones on v1; the other API refuses with 40084."""
    assert _told(_post(simulator(), f"/{version}/chat-completions/{model}")) == told


MATRIX: dict[str, tuple[str, dict[str, Any], str]] = {
    "w2_1_02_image_for_HCX-007": ("HCX-007", SEEN, NO_IMAGES),
    "w2_1_02_image_for_HCX-005": ("HCX-005", SEEN, OK),
    "w2_1_02_image_for_HCX-DASH-002": ("HCX-DASH-002", SEEN, NO_IMAGES),
    "w2_1_02_image_for_HCX-003": ("HCX-003", SEEN, _wrong("messages[0].content")),
    "w2_1_02_image_for_HCX-DASH-001": ("HCX-DASH-001", SEEN, _wrong("messages[0].content")),
    "w2_1_03_thinking_for_HCX-007": ("HCX-007", LOW, OK),
    "w2_1_03_thinking_for_HCX-005": ("HCX-005", LOW, _wrong("thinking")),
    "w2_1_03_thinking_for_HCX-DASH-002": ("HCX-DASH-002", LOW, _wrong("thinking")),
    "w2_1_04_tools_for_HCX-007": ("HCX-007", TOOLS | NONE, OK),
    "w2_1_04_tools_for_HCX-007_thinking_by_default": ("HCX-007", TOOLS, _wrong("tools", "thinking")),
    "w2_1_04_tools_for_HCX-005": ("HCX-005", TOOLS, OK),
    "w2_1_04_tools_for_HCX-DASH-002": ("HCX-DASH-002", TOOLS, OK),
    "w2_1_04_tools_for_HCX-003": ("HCX-003", TOOLS, NO_TOOLS),
    "w2_1_04_tools_for_HCX-DASH-001": ("HCX-DASH-001", TOOLS, NO_TOOLS),
    "w2_1_05_schema_for_HCX-007": ("HCX-007", SCHEMA | NONE, OK),
    "w2_1_05_schema_for_HCX-007_thinking_by_default": ("HCX-007", SCHEMA, _wrong("responseFormat", "thinking")),
    "w2_1_05_schema_for_HCX-005": ("HCX-005", SCHEMA, _wrong("responseFormat")),
    "w2_1_05_schema_for_HCX-DASH-002": ("HCX-DASH-002", SCHEMA, _wrong("responseFormat")),
    "w2_1_06_maxTokens_for_HCX-007": ("HCX-007", {"maxTokens": 9}, _wrong("maxTokens")),
    "w2_1_06_maxCompletionTokens_for_HCX-007": ("HCX-007", {"maxCompletionTokens": 9}, OK),
    "w2_1_06_maxTokens_for_HCX-005": ("HCX-005", {"maxTokens": 9}, OK),
    "w2_1_06_maxCompletionTokens_for_HCX-005": ("HCX-005", {"maxCompletionTokens": 9}, OK),
    "w2_1_06_maxTokens_for_HCX-DASH-002": ("HCX-DASH-002", {"maxTokens": 9}, OK),
    "w2_1_06_maxCompletionTokens_for_HCX-DASH-002": ("HCX-DASH-002", {"maxCompletionTokens": 9}, OK),
    "w2_1_06_maxTokens_for_HCX-003": ("HCX-003", {"maxTokens": 9}, OK),
    "w2_1_06_maxTokens_for_HCX-DASH-001": ("HCX-DASH-001", {"maxTokens": 9}, OK),
}


@pytest.mark.parametrize(("model", "changes", "told"), MATRIX.values(), ids=MATRIX.keys())
def test_a_model_has_its_features_and_no_others(
    simulator: START, model: str, changes: dict[str, Any], told: str
) -> None:
    """Each cell of the matrix: what the model has is answered, what it lacks is refused by name."""
    assert _told(_ask(simulator(), model, **changes)) == told


class _Noting:
    """Answers with a thought, and keeps what it was asked."""

    def __init__(self) -> None:
        self.seen: list[ChatRequest] = []

    def reply(self, request: ChatRequest) -> BrainReply:
        """Think, then speak."""
        self.seen.append(request)
        return BrainReply("답입니다", thinking="생각해 봅니다")


@pytest.mark.parametrize("model", ONE, ids=[f"w2_1_03_w2_1_05_{model}" for model in ONE])
def test_older_models_neither_think_nor_follow_a_schema(simulator: START, model: str) -> None:
    """Fields of v3 are unknown to v1, and unknown fields are ignored: the model never sees them."""
    brain = _Noting()
    answer = _ask(simulator(brain=brain), model, **LOW, **SCHEMA)
    assert answer.json()["result"]["message"] == {"role": "assistant", "content": "답입니다"}
    assert [(seen.effort, seen.schema) for seen in brain.seen] == [("none", None)]


def test_w2_1_03_hcx_007_thinks_a_little_by_default(simulator: START) -> None:
    """Without the field the effort is low; HCX-005 does not think."""
    brain = _Noting()
    client = simulator(brain=brain)
    assert _ask(client, "HCX-007").json()["result"]["message"]["thinkingContent"] == "생각해 봅니다"
    assert "thinkingContent" not in _ask(client, "HCX-005").json()["result"]["message"]
    assert [seen.effort for seen in brain.seen] == ["low", "none"]


@pytest.mark.parametrize("name", ["maxTokens", "maxCompletionTokens"], ids=lambda name: f"w2_1_06_{name}")
@pytest.mark.parametrize("model", ["HCX-005", "HCX-DASH-002"])
def test_both_names_of_the_cap_mean_the_same(simulator: START, model: str, name: str) -> None:
    """An answer of more tokens ends at the cap, whichever of the two fields holds it."""
    result = _ask(simulator(BrainReply("하나 둘 셋 넷")), model, **{name: 3}).json()["result"]
    assert (result["message"]["content"], result["finishReason"]) == ("하나 둘 셋", "length")


TUNED = [("v3", "HCX-005"), ("v3", "HCX-DASH-002"), ("v1", "HCX-003"), ("v1", "HCX-DASH-001")]


@pytest.mark.parametrize(("version", "base"), TUNED, ids=[f"w2_1_07_{base}" for _, base in TUNED])
def test_a_tuned_model_answers_under_its_task(simulator: START, version: str, base: str) -> None:
    """Every model that can be tuned is served as a task, by the API of its base."""
    other = {"v3": "v1", "v1": "v3"}[version]
    client = simulator(keys=[Key(value="nv-test", tasks={"t1": base})])
    assert MODELS[base].tuning
    assert _told(_post(client, f"/{version}/tasks/t1/chat-completions")) == OK
    assert _told(_post(client, f"/{other}/tasks/t1/chat-completions")) == NO_API


def test_w2_1_07_hcx_007_cannot_be_tuned() -> None:
    """It is the only model of the table that cannot."""
    assert [name for name in (*THREE, *ONE) if not MODELS[name].tuning] == ["HCX-007"]


def _together(first: str, second: str) -> dict[str, Any]:
    return FEATURES[first] | FEATURES[second]


EXCLUSIVE: dict[str, tuple[str, dict[str, Any], str]] = {
    "w2_1_08_image_and_thinking": ("HCX-007", _together("image", "thinking"), NO_IMAGES),
    "w2_1_08_thinking_and_image": ("HCX-005", _together("image", "thinking"), _wrong("thinking")),
    "w2_1_08_image_and_tools": ("HCX-005", _together("image", "tools"), _wrong("messages[0].content")),
    "w2_1_08_image_and_schema": ("HCX-007", _together("image", "schema") | NONE, _wrong("messages[0].content")),
    "w2_1_08_thinking_and_tools": ("HCX-007", _together("thinking", "tools"), _wrong("tools", "thinking")),
    "w2_1_08_thinking_and_schema": ("HCX-007", _together("thinking", "schema"), _wrong("responseFormat", "thinking")),
    "w2_1_08_tools_and_schema": ("HCX-007", _together("tools", "schema") | NONE, _wrong("tools", "responseFormat")),
}


@pytest.mark.parametrize(("model", "changes", "told"), EXCLUSIVE.values(), ids=EXCLUSIVE.keys())
def test_one_request_uses_one_feature(simulator: START, model: str, changes: dict[str, Any], told: str) -> None:
    """Two at once are refused, with the names of both where the model has both."""
    assert _told(_ask(simulator(), model, **changes)) == told


TASKS: dict[str, tuple[str, dict[str, Any], str]] = {
    "w2_1_09_text": ("v3", {}, OK),
    "w2_1_09_image": ("v3", SEEN, NO_IMAGES),
    "w2_1_09_thinking": ("v3", LOW, _wrong("thinking")),
    "w2_1_09_tools": ("v3", TOOLS, NO_TOOLS),
    "w2_1_09_schema": ("v3", SCHEMA, _wrong("responseFormat")),
    "w2_1_09_text_on_v1": ("v1", {}, OK),
    "w2_1_09_text_on_v2": ("v2", {}, OK),
    "w2_1_09_image_on_v1": ("v1", SEEN, _wrong("messages[0].content")),
    "w2_1_09_tools_on_v1": ("v1", TOOLS, NO_TOOLS),
}


@pytest.mark.parametrize(("version", "changes", "told"), TASKS.values(), ids=TASKS.keys())
def test_a_tuned_model_has_no_special_feature(
    simulator: START, version: str, changes: dict[str, Any], told: str
) -> None:
    """Not even one that its base model has."""
    assert _told(_post(simulator(), f"/{version}/tasks/t1/chat-completions", **changes)) == told


def test_w2_1_07_a_task_is_based_on_a_model_that_can_be_tuned() -> None:
    """A key with a task on HCX-007 cannot be made, and the message names the models that can be tuned."""
    with pytest.raises(ConfigurationError, match="HCX-005, HCX-DASH-002, HCX-003, HCX-DASH-001"):
        Key(value="nv-a", tasks={"a1": "HCX-007"})
