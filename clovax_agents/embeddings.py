"""`ClovaXEmbeddings`: texts as vectors."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from langchain_core.embeddings import Embeddings
from pydantic import ConfigDict, Field
from typing_extensions import override

from clovax_agents.client.call import complete
from clovax_agents.connection import Connection
from clovax_agents.errors import ConfigurationError
from clovax_agents.wire.codecs import Api, root_of
from clovax_agents.wire.embeddings import DIMENSIONS, MODELS, decode, encode, path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.client.ops import Flow

__all__ = ["ClovaXEmbeddings"]

_WITHOUT_EFFECT: Final = frozenset(
    {
        "allowed_special",
        "chunk_size",
        "disallowed_special",
        "embed_batch_size",
        "embedding_ctx_length",
        "show_progress_bar",
        "skip_empty",
    }
)
"""Settings of langchain-naver's class that change nothing there either."""
_ONLY: Final[dict[str, tuple[object, ...]]] = {"dimensions": (DIMENSIONS, None), "encoding_format": ("float",)}
"""Settings that the service knows with one value only."""


class ClovaXEmbeddings(Connection, Embeddings):
    """HyperCLOVA X embeddings: 1,024 numbers for a text, one request for each, several at once, in their order.

    Args:
        **settings: see the fields.

    Raises:
        ConfigurationError: a setting or a text that cannot work, before anything is sent.
        ServiceError: one of its subclasses when a call fails.

    Example:
        >>> from clovax_agents import ClovaXEmbeddings
        >>> embeddings = ClovaXEmbeddings(model="bge-m3", api_key="nv-...")
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", protected_namespaces=())

    model: str = "clir-emb-dolphin"
    """``clir-emb-dolphin`` and ``clir-sts-dolphin`` take 500 tokens (sts is for similarity of sentences), ``bge-m3``
    takes 8,192."""
    api: Api = "openai"
    """Which API of the service to speak."""
    max_concurrency: int = Field(default=4, ge=1)
    """Requests at once for several texts; the limit per minute is shared by all of an account's programs."""

    @staticmethod
    @override
    def _meaningful(settings: dict[str, Any]) -> dict[str, Any]:
        for name, possible in _ONLY.items():
            if name in settings and settings[name] not in possible:
                raise ConfigurationError(
                    f"{name}={settings[name]!r} does not work with CLOVA Studio's embeddings: leave it away"
                )
        return {name: value for name, value in settings.items() if name not in _WITHOUT_EFFECT | _ONLY.keys()}

    @override
    def _settle(self) -> None:
        super()._settle()
        self._check_address(self.api)
        if self._place.limited and self.model not in MODELS:
            raise ConfigurationError(f"there is no embedding model {self.model!r}: use {', '.join(MODELS)}")
        if self.deployment == "gov" and self.model != "bge-m3":
            raise ConfigurationError("the government cloud has one embedding model: set model='bge-m3'")

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a text."""
        from clovax_agents.client.drivers import one  # noqa: PLC0415  # httpx only when something is sent

        return one(self._flow(*_checked([text])))

    async def aembed_query(self, text: str) -> list[float]:
        """Return the vector of a text."""
        from clovax_agents.client.drivers import aone  # noqa: PLC0415  # httpx only when something is sent

        return await aone(self._flow(*_checked([text])))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of texts, in their order. If one fails, those not yet begun are not sent."""
        checked = _checked(texts)
        if len(checked) < 2:  # noqa: PLR2004  # one needs no thread
            return [self.embed_query(text) for text in checked]
        pool = ThreadPoolExecutor(min(self.max_concurrency, len(checked)), "clovax-embeddings")
        try:
            jobs = [pool.submit(copy_context().run, self.embed_query, text) for text in checked]
            return [job.result() for job in jobs]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of texts, in their order. If one fails, the others are cancelled."""
        turn = asyncio.Semaphore(self.max_concurrency)

        async def embed(text: str) -> list[float]:
            async with turn:
                return await self.aembed_query(text)

        jobs = [asyncio.ensure_future(embed(text)) for text in _checked(texts)]
        try:
            return await asyncio.gather(*jobs)
        finally:
            for job in jobs:
                job.cancel()

    def _flow(self, text: str) -> Flow[list[float]]:
        root = root_of(self.api, cast("str", self.base_url), self_hosted=not self._place.limited)
        url = root + path(self.api, self.model)
        return complete(self._open(url, encode(self.api, self.model, text), cap=0, counted=(self.model, 0)), decode)


def _checked(texts: Sequence[str]) -> list[str]:
    for number, text in enumerate(texts):
        if not isinstance(cast("object", text), str):
            raise ConfigurationError(f"text {number} is a {type(text).__name__}: only texts can be embedded")
        if not text.strip():
            raise ConfigurationError(f"text {number} is empty, and the service refuses empty texts: leave it out")
    return list(texts)
