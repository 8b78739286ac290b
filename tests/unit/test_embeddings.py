"""ClovaXEmbeddings against the strict simulator: both APIs, order, concurrency, failures."""

import asyncio
import json
import pickle

import langchain_naver
import pytest
from rawserver import Peer, RawServer, http

from clovax_agents import ClovaXEmbeddings
from clovax_agents.errors import ConfigurationError, ContextLengthError, RateLimitError
from clovax_agents.simulator import FaultPlan
from clovax_agents.testing import LoopbackSimulator

MODELS = ["clir-emb-dolphin", "clir-sts-dolphin", "bge-m3"]
TEXTS = [f"{number}번째 문서: 환불은 {number}일 안에 됩니다." for number in range(23)]


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize("model", MODELS)
def test_every_model_gives_vectors_over_both_apis(clovax_simulator: LoopbackSimulator, api: str, model: str) -> None:
    """1,024 numbers, the same each way they are asked for."""
    embeddings = ClovaXEmbeddings(model=model, api=api)

    vector = embeddings.embed_query("안녕하세요")

    assert len(vector) == 1024
    assert asyncio.run(embeddings.aembed_query("안녕하세요")) == vector
    assert embeddings.embed_documents(["다른 글", "안녕하세요"])[1] == vector
    assert {record.model for record in clovax_simulator.requests} == {model}


def test_the_order_is_kept_and_no_more_are_sent_at_once_than_allowed(clovax_simulator: LoopbackSimulator) -> None:
    """Sync and async, with answers that come back in another order."""
    embeddings = ClovaXEmbeddings(max_concurrency=3)
    expected = [embeddings.embed_query(text) for text in TEXTS]
    slow = FaultPlan.parse("delay; seconds=0.05; probability=0.3")

    with clovax_simulator.using(faults=slow):
        assert embeddings.embed_documents(TEXTS) == expected
        assert asyncio.run(embeddings.aembed_documents(TEXTS)) == expected


def test_no_more_are_asked_for_at_once_than_allowed() -> None:
    """Counted at a server that answers late, sync and async."""
    busy, most = 0, 0

    async def answers(peer: Peer) -> None:
        nonlocal busy, most
        busy, most = busy + 1, max(most, busy + 1)
        await asyncio.sleep(0.05)
        busy -= 1
        await peer.send(http(json.dumps({"data": [{"embedding": [0.5] * 1024, "index": 0}]}).encode()))

    server = RawServer([answers])
    embeddings = ClovaXEmbeddings(api_key="nv-test", base_url=server.url + "/v1/openai", max_concurrency=3)
    for embed in (embeddings.embed_documents, lambda texts: asyncio.run(embeddings.aembed_documents(texts))):
        most = 0
        assert embed(TEXTS) == [[0.5] * 1024] * len(TEXTS)
        assert most == 3
    server.close()


def test_texts_that_are_alike_are_near(clovax_simulator: LoopbackSimulator) -> None:
    """What vectors are for."""
    del clovax_simulator
    near, other, question = ClovaXEmbeddings().embed_documents(
        ["환불은 어떻게 하나요", "내일 서울 날씨", "환불 어떻게 해요"]
    )
    assert _product(near, question) > _product(other, question)


def _product(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_a_text_that_is_too_long_is_an_error_of_its_kind(clovax_simulator: LoopbackSimulator) -> None:
    """Code 40003, and those behind it are not sent."""
    embeddings = ClovaXEmbeddings(max_concurrency=1)
    with pytest.raises(ContextLengthError):
        embeddings.embed_documents(["글 " * 2000, *TEXTS])
    assert len(clovax_simulator.requests) < 5
    with pytest.raises(ContextLengthError):
        asyncio.run(embeddings.aembed_documents(["글 " * 2000, *TEXTS]))


def test_a_limit_that_passes_is_waited_out(clovax_simulator: LoopbackSimulator) -> None:
    """And one that does not is a RateLimitError."""
    with clovax_simulator.using(faults=FaultPlan.parse("error; code=42901; times=1")):
        assert len(ClovaXEmbeddings().embed_query("안녕")) == 1024
    with clovax_simulator.using(faults=FaultPlan.parse("error; code=42901")), pytest.raises(RateLimitError):
        ClovaXEmbeddings(max_retries=0).embed_query("안녕")


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_text_is_refused_by_its_number(text: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match="text 1 is empty"):
        ClovaXEmbeddings(api_key="nv-test").embed_documents(["글", text])


def test_no_texts_give_no_vectors() -> None:
    """And no request."""
    embeddings = ClovaXEmbeddings(api_key="nv-test", base_url="http://127.0.0.1:9/v1/openai")
    assert embeddings.embed_documents([]) == asyncio.run(embeddings.aembed_documents([])) == []


def test_settings_of_langchain_naver_are_taken_over() -> None:
    """Its defaults build the same; what would have no effect there is refused here."""
    theirs = langchain_naver.ClovaXEmbeddings(api_key="nv-test", model="bge-m3")
    skipped = {"client", "async_client"}
    ours = ClovaXEmbeddings(**{n: getattr(theirs, n) for n in type(theirs).model_fields if n not in skipped})
    assert ours.model == "bge-m3"
    with pytest.raises(ConfigurationError, match="dimensions=256 does not work"):
        ClovaXEmbeddings(api_key="nv-test", dimensions=256)
    with pytest.raises(ConfigurationError, match="ClovaXEmbeddings does not take modle; did you mean model"):
        ClovaXEmbeddings(api_key="nv-test", modle="bge-m3")


def test_a_model_that_does_not_exist_is_refused() -> None:
    """With those that do; the government cloud has one."""
    with pytest.raises(ConfigurationError, match="use clir-emb-dolphin, clir-sts-dolphin, bge-m3"):
        ClovaXEmbeddings(api_key="nv-test", model="text-embedding-3")
    with pytest.raises(ConfigurationError, match="set model='bge-m3'"):
        ClovaXEmbeddings(api_key="nv-test", profile="gov")


def test_the_key_is_not_seen() -> None:
    """Neither printed nor pickled."""
    embeddings = ClovaXEmbeddings(api_key="nv-canary-embeddings")
    assert "nv-canary" not in repr(embeddings) + str(embeddings.model_dump()) + str(vars(embeddings))
    assert b"nv-canary" not in pickle.dumps(embeddings)
