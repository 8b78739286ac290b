"""Which APIs there are, and under which paths (docs/wire.md, sections 1.1, 3.1 and 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.jobs import Endpoint
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
from clovax_agents.simulator.validation.native import read_native, read_task
from clovax_agents.simulator.validation.openai import read_chat
from clovax_agents.simulator.validation.v1 import read_v1, read_v1_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.simulator.jobs import Rules

__all__ = ["ENDPOINTS", "SERVICE_PREFIX", "paths"]

SERVICE_PREFIX: Final = "/serviceapp"
_PREFIXES: Final = ("/testapp", SERVICE_PREFIX)

ENDPOINTS: Final = (
    Endpoint("/v1/openai/chat/completions", "openai", read_chat),
    Endpoint("/v1/openai/embeddings", "openai", read_openai_embeddings),
    Endpoint("/v3/chat-completions/{model}", "native", read_native),
    Endpoint("/v3/tasks/{task}/chat-completions", "native", read_task),
    Endpoint("/v1/chat-completions/{model}", "native", read_v1),
    Endpoint("/v1/tasks/{task}/chat-completions", "native", read_v1_task),
    Endpoint("/v2/tasks/{task}/chat-completions", "native", read_v1_task),
    Endpoint("/v1/api-tools/embedding/v2/tokenize", "native", read_tokenize_embedding),
    Endpoint("/v1/api-tools/embedding/v2", "native", read_embedding_v2),
    Endpoint("/v1/api-tools/embedding/v2/", "native", read_embedding_v2),
    Endpoint("/v1/api-tools/embedding/{model}", "native", read_embedding_v1),
    Endpoint("/v1/api-tools/chat-tokenize/{model}", "native", read_tokenize_v1),
    Endpoint("/v3/api-tools/chat-tokenize/{model}", "native", read_tokenize_v3),
    Endpoint("/v1/api-tools/reranker", "native", read_reranker),
    Endpoint("/v1/api-tools/rag-reasoning", "native", read_rag),
)
"""In the order in which paths are tried. The sibling APIs of sections 7.5 to 7.10 are not served."""

_OLD_APP_PATHS: Final = (
    Endpoint("/v1/api-tools/embedding/v2/{app}", "native", read_embedding_v2),
    Endpoint("/v1/api-tools/embedding/{model}/{app}", "native", read_embedding_v1),
)
"""Paths that named the app; they exist only behind a prefix."""


def paths(rules: Rules) -> Iterator[tuple[str, Endpoint]]:
    """Yield every path that is served, with its API.

    The government cloud insists on the prefixes of test and service apps for native paths, the public cloud still
    serves them.
    """
    prefixes = _PREFIXES if rules.profile == "gov" or rules.switches.app_prefixes else ()
    for endpoint in ENDPOINTS:
        if endpoint.family == "openai" or rules.profile != "gov":
            yield endpoint.path, endpoint
    for prefix in prefixes:
        for endpoint in (*ENDPOINTS, *_OLD_APP_PATHS):
            if endpoint.family == "native":
                yield f"{prefix}{endpoint.path}", endpoint
