"""What holds of all sibling APIs (docs/wire.md, section 7); each has a file of its own, too."""

import copy
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clovax_agents.simulator import Switches
from clovax_agents.simulator.jobs import Call, ChatJob, Job, Rules
from clovax_agents.simulator.refusals import SimulatedError
from clovax_agents.simulator.tool_apis.embeddings import (
    read_embedding_v1,
    read_embedding_v2,
    read_openai_embeddings,
)
from clovax_agents.simulator.tool_apis.rag import read_rag
from clovax_agents.simulator.tool_apis.reranker import read_reranker
from clovax_agents.simulator.tool_apis.tokenizers import (
    read_tokenize_embedding,
    read_tokenize_v1,
    read_tokenize_v3,
)

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "f", "description": "does f", "parameters": {"type": "object", "properties": {}}},
}
MESSAGES: list[dict[str, Any]] = [
    {"role": "user", "content": "환불은 며칠 안에 되나요?"},
    {"role": "assistant", "content": "", "toolCalls": [
        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    ]},
    {"role": "tool", "toolCallId": "call_1", "content": "{}"},
]  # fmt: skip
PICTURE = {
    "role": "user",
    "content": [
        {"type": "image_url", "imageUrl": {"url": "https://example.com/a.png"}},
        {"type": "text", "text": "가"},
    ],
}
ENDPOINTS: dict[str, tuple[Callable[[Call, Rules], Job], dict[str, str], dict[str, Any]]] = {
    "openai embeddings": (read_openai_embeddings, {}, {"model": "bge-m3", "input": ["가"], "dimensions": 1024}),
    "embedding v1": (read_embedding_v1, {"model": "clir-emb-dolphin"}, {"text": "가"}),
    "embedding v2": (read_embedding_v2, {}, {"text": "가"}),
    "reranker": (
        read_reranker,
        {},
        {
            "documents": [{"id": "a", "doc": "환불은 7일 안에 됩니다."}],
            "query": "환불은 며칠 안에 되나요?",
            "maxTokens": 100,
        },
    ),
    "rag": (read_rag, {}, {"messages": MESSAGES, "tools": [TOOL], "toolChoice": "auto", "stop": ["a"]}),
    "tokenize v1": (read_tokenize_v1, {"model": "HCX-003"}, {"messages": MESSAGES[:1]}),
    "tokenize v3": (
        read_tokenize_v3,
        {"model": "HCX-005"},
        {
            "messages": [PICTURE, *MESSAGES],
            "tools": [TOOL],
            "toolChoice": "auto",
            "responseFormat": {"type": "json", "schema": {"type": "object"}},
        },
    ),
    "tokenize embedding": (read_tokenize_embedding, {}, {"text": "가"}),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _bend(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """Put any JSON in a random place of a value."""
    if isinstance(value, dict | list) and value and draw(st.booleans()):
        place = draw(st.sampled_from([*value] if isinstance(value, dict) else range(len(value))))
        value[place] = _bend(value[place], draw)
        return value
    return draw(JSON)


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS.keys())
@given(data=st.data())
@pytest.mark.soak(every=2)
def test_any_json_is_answered_or_refused(
    endpoint: tuple[Callable[[Call, Rules], Job], dict[str, str], dict[str, Any]], data: st.DataObject
) -> None:
    """A unit test of the readers: a job whose result is JSON, or an error of the service, and nothing else."""
    read, path, body = endpoint
    bent = _bend(copy.deepcopy(body), data.draw)
    sent = orjson.loads(orjson.dumps(bent if isinstance(bent, dict) else body))
    rules = Rules(strict=data.draw(st.booleans()), switches=Switches(embedding_arrays="accept"))
    try:
        job = read(Call(sent, path), rules)
        status = 200 if isinstance(job, ChatJob) or orjson.dumps(job.result()) else 0
    except SimulatedError as error:
        status = error.status

    assert status in (200, 400)


def test_the_examples_are_good() -> None:
    """A unit test of the test above: unbent, every body is answered."""
    rules = Rules(switches=Switches(embedding_arrays="accept"))

    assert all(read(Call(copy.deepcopy(body), path), rules).tokens > 0 for read, path, body in ENDPOINTS.values())
