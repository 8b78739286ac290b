"""What counts as one model, and for which key (docs/wire.md, section 5); windows are in test_limits.py."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.simulator import Key, Limit, Limits, VirtualClock

START = Callable[..., TestClient]
SAID: dict[str, Any] = {"messages": [{"role": "user", "content": "안녕"}]}
Asked = tuple[str, dict[str, Any]]


def _chat(model: str) -> Asked:
    return "/v1/openai/chat/completions", {"model": model, **SAID}


NATIVE: Asked = ("/v3/chat-completions/HCX-005", SAID)
OLD: Asked = ("/v1/chat-completions/HCX-DASH-001", SAID)
EMBEDDING: Asked = ("/v1/api-tools/embedding/v2", {"text": "안녕"})
COUNTED: dict[str, tuple[Asked, Asked, bool]] = {
    "w5_02_one_model_over_both_apis": (_chat("HCX-005"), NATIVE, True),
    "w5_02_v1_model_over_both_apis": (_chat("HCX-DASH-001"), OLD, True),
    "w5_02_another_model": (_chat("HCX-007"), NATIVE, False),
    "w5_02_embedding_over_both_apis": (
        ("/v1/openai/embeddings", {"model": "bge-m3", "input": "안녕"}),
        EMBEDDING,
        True,
    ),
    "w5_02_embedding_and_chat": (NATIVE, EMBEDDING, False),
    "w5_02_chat_and_its_tokenizer": (NATIVE, ("/v3/api-tools/chat-tokenize/HCX-005", SAID), False),
    "w5_04_tuned_over_compat": (_chat("ft:t5"), NATIVE, True),
    "w5_04_tuned_natively": (("/v3/tasks/t5/chat-completions", SAID), _chat("HCX-005"), True),
    "w5_04_two_tuned_models_of_one_base": (_chat("ft:t5"), _chat("ft:u5"), True),
    "w5_04_tuned_v1_model": (("/v1/tasks/t3/chat-completions", SAID), OLD, True),
    "w5_04_another_base": (("/v1/tasks/t3/chat-completions", SAID), NATIVE, False),
}


@pytest.mark.parametrize(("first", "second", "together"), COUNTED.values(), ids=COUNTED.keys())
def test_what_counts_as_one_model(simulator: START, first: Asked, second: Asked, *, together: bool) -> None:
    """With room for one request a minute, the second is refused where it counts for the same model."""
    key = Key(value="nv-test", tasks={"t5": "HCX-005", "u5": "HCX-005", "t3": "HCX-DASH-001"})
    client = simulator(keys=[key], limits=Limits.of({"*": Limit(1, None)}), clock=VirtualClock())

    assert client.post(first[0], json=first[1]).status_code == 200
    assert client.post(second[0], json=second[1]).status_code == (429 if together else 200)


@pytest.mark.parametrize(("kind", "calls"), [("test", 1), ("service", 9)], ids=["w5_10_test_key", "w5_10_service_key"])
def test_a_key_has_the_tokens_of_its_kind(simulator: START, kind: Any, calls: int) -> None:
    """Of calls with the largest cap of HCX-007, 60,000 tokens a minute hold one, and 300,000 hold nine."""
    client = simulator(keys=[Key(value="nv-test", kind=kind)], limits=Limits(), clock=VirtualClock())
    path, body = _chat("HCX-007")
    answers = [client.post(path, json={**body, "max_completion_tokens": 32_768}) for _ in range(calls + 1)]

    assert [answer.status_code for answer in answers] == [200] * calls + [429]
    assert answers[-1].json()["error"]["code"] == "42901"
