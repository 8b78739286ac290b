"""Embeddings over both APIs, and what their vectors are good for (docs/wire.md, sections 3.6, 6 and 7.1)."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from clovax_agents.simulator import Switches
from clovax_agents.simulator.tool_apis.vectors import embed

START = Callable[..., TestClient]
OPENAI = "/v1/openai/embeddings"
EMB = "/v1/api-tools/embedding/clir-emb-dolphin"
STS = "/v1/api-tools/embedding/clir-sts-dolphin"
V2 = "/v1/api-tools/embedding/v2"
MODELS = ("bge-m3", "clir-emb-dolphin", "clir-sts-dolphin")
TEXT = "한강 공원에서 자전거를 탔습니다."


def _tokens(number: int) -> str:
    """Return a text of that many tokens."""
    return "가" + " 가" * (number - 1)


def _openai(client: TestClient, **changes: Any) -> dict[str, Any]:
    """Ask over the OpenAI-compatible API; return the body, or the error with its status."""
    answer = client.post(OPENAI, json={"model": "bge-m3", "input": TEXT, **changes})
    body: dict[str, Any] = answer.json()
    assert answer.status_code == (400 if "error" in body else 200)
    return body


def _native(client: TestClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask natively; return the result, or the status of the refusal."""
    answer = client.post(path, json=body)
    found: dict[str, Any] = answer.json()
    assert answer.status_code == int(found["status"]["code"][:3])
    return found.get("result") or found["status"]


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / math.hypot(*one) / math.hypot(*other)


OPENAI_REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "w3_6_01_no_input": ({"input": None}, "40001", "Invalid parameter: input"),
    "w3_6_01_no_model": ({"model": None}, "40001", "Invalid parameter: model"),
    "w3_6_02_dimensions_512": ({"dimensions": 512}, "40001", "Invalid parameter: dimensions"),
    "w3_6_02_dimensions_as_text": ({"dimensions": "1024"}, "40001", "Invalid parameter: dimensions"),
    "w3_6_03_base64": ({"encoding_format": "base64"}, "40001", "Invalid parameter: encoding_format"),
    "w3_6_04_user": ({"user": "me"}, "40002", "Unsupported parameter: user"),
    "w3_6_04_any_other_field": ({"truncate": True}, "40002", "Unsupported parameter: truncate"),
    "w3_6_07_list_of_texts": ({"input": [TEXT]}, "40001", "Invalid parameter: input"),
    "w3_6_07_list_of_tokens": ({"input": [1, 2]}, "40001", "Invalid parameter: input"),
    "w3_6_08_w6_06_too_long": ({"input": _tokens(8_193)}, "40003", "Context length exceeded"),
    "w3_6_08_w6_07_too_long": (
        {"model": "clir-sts-dolphin", "input": _tokens(501)},
        "40003",
        "Context length exceeded",
    ),
    "w3_6_08_beyond_counting": ({"input": " 가" * 1_000_000}, "40003", "Context length exceeded"),
    "w4_1_40004_empty": ({"input": ""}, "40004", "Text empty"),
    "w4_1_40004_blank": ({"input": " \n"}, "40004", "Text empty"),
    "w4_1_40084_chat_model": ({"model": "HCX-005"}, "40084", "Unsupported API for model"),
    "w4_1_40080_unknown_model": ({"model": "text-embedding-3-small"}, "40080", "Model not found"),
}


@pytest.mark.parametrize(("changes", "code", "message"), OPENAI_REFUSED.values(), ids=OPENAI_REFUSED.keys())
def test_openai_refusals(simulator: START, changes: dict[str, Any], code: str, message: str) -> None:
    """The OpenAI-compatible API says no with the documented code, and names the field."""
    error = _openai(simulator(), **changes)["error"]

    assert (error["code"], error["message"]) == (code, message)


OPENAI_ACCEPTED: dict[str, dict[str, Any]] = {
    "w3_6_01_no_more_than_needed": {},
    "w3_6_02_1024_dimensions": {"dimensions": 1024},
    "w3_6_03_w3_6_05_float": {"encoding_format": "float"},
    "w3_6_05_null_is_float": {"encoding_format": None, "dimensions": None, "user": None},
    "w3_1_02_embedding_v1": {"model": "clir-emb-dolphin"},
    "w3_1_02_embedding_v1_sts": {"model": "clir-sts-dolphin"},
    "w6_06_8192_tokens": {"input": _tokens(8_192)},
    "w6_07_500_tokens": {"model": "clir-emb-dolphin", "input": _tokens(500)},
}


@pytest.mark.parametrize("changes", OPENAI_ACCEPTED.values(), ids=OPENAI_ACCEPTED.keys())
def test_openai_answers(simulator: START, changes: dict[str, Any]) -> None:
    """What the documentation allows gets one vector of 1,024 floats."""
    body = _openai(simulator(), **changes)

    assert [len(item["embedding"]) for item in body["data"]] == [1024]
    assert all(isinstance(number, float) for number in body["data"][0]["embedding"])


def test_w3_6_06_shape(simulator: START) -> None:
    """The answer has OpenAI's shape, and nothing of the native envelope."""
    body = _openai(simulator())

    assert body["data"].pop(0).keys() == {"object", "index", "embedding"}
    usage = {"prompt_tokens": 11, "total_tokens": 11}
    assert body == {"object": "list", "data": [], "model": "bge-m3", "usage": usage}


def test_w3_6_07_arrays_by_switch(simulator: START) -> None:
    """With the switch, a list of texts gets one vector each, in order, and is billed as a whole."""
    client = simulator(switches=Switches(embedding_arrays="accept"))

    several = _openai(client, input=[TEXT, "내일 날씨"])

    assert [item["index"] for item in several["data"]] == [0, 1]
    assert several["data"][1]["embedding"] == _openai(client, input="내일 날씨")["data"][0]["embedding"]
    assert several["usage"]["prompt_tokens"] == 13


@pytest.mark.parametrize(
    ("value", "code"),
    [([], "40001"), ([TEXT, 1], "40001"), ([[1, 2]], "40001"), ([TEXT, ""], "40004"), (["가"] * 2_049, "40001")],
    ids=["empty", "a_number", "w3_6_07_tokens", "an_empty_text", "too_many"],
)
def test_arrays_are_lists_of_texts(simulator: START, value: list[Any], code: str) -> None:
    """The switch accepts texts only, none of them empty, and no more than OpenAI does."""
    client = simulator(switches=Switches(embedding_arrays="accept"))

    assert _openai(client, input=value)["error"]["code"] == code


def test_w3_6_04_lenient_mode_ignores_what_is_unsupported(simulator: START) -> None:
    """Lenient mode does not mind ``user``, but base64 is never sent."""
    client = simulator(strict=False)

    assert "data" in _openai(client, user="me")
    assert _openai(client, encoding_format="base64")["error"]["code"] == "40001"


def test_w3_1_02_the_government_cloud_has_v2_only(simulator: START) -> None:
    """There, the OpenAI-compatible API serves bge-m3 and refuses the dolphin models with 40084."""
    client = simulator(profile="gov")

    assert "data" in _openai(client)
    assert _openai(client, model="clir-emb-dolphin")["error"]["code"] == "40084"


NATIVE_REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "w7_1_01_501_tokens": (EMB, {"text": _tokens(501)}, "40003"),
    "w7_1_01_no_text": (EMB, {}, "40001"),
    "w7_1_01_empty": (STS, {"text": ""}, "40004"),
    "w7_1_01_bge_m3_is_v2": ("/v1/api-tools/embedding/bge-m3", {"text": TEXT}, "40084"),
    "w7_1_01_chat_model": ("/v1/api-tools/embedding/HCX-003", {"text": TEXT}, "40084"),
    "w7_1_01_unknown_model": ("/v1/api-tools/embedding/dolphin", {"text": TEXT}, "40080"),
    "w7_1_02_8193_tokens": (V2, {"text": _tokens(8_193)}, "40003"),
    "w7_1_05_two_texts": (V2, {"text": [TEXT, TEXT]}, "40001"),
    "w7_1_05_number": (V2, {"text": 5}, "40001"),
}


@pytest.mark.parametrize(("path", "body", "code"), NATIVE_REFUSED.values(), ids=NATIVE_REFUSED.keys())
def test_native_refusals(simulator: START, path: str, body: dict[str, Any], code: str) -> None:
    """The native APIs say no with the documented code."""
    assert _native(simulator(), path, body)["code"] == code


@pytest.mark.parametrize(
    ("path", "text", "tokens"),
    [
        (EMB, "안녕하세요", 4),
        (STS, _tokens(500), 500),
        (V2, _tokens(8_192), 8_192),
        (f"{V2}/", "가", 1),
        ("/testapp/v1/api-tools/embedding/clir-emb-dolphin/a1b2", "가", 1),
    ],
    ids=["w7_1_01_result", "w7_1_01_most", "w7_1_02_most", "w7_1_02_trailing_slash", "w1_1_10_app_in_the_path"],
)
def test_native_answers(simulator: START, path: str, text: str, tokens: int) -> None:
    """A native answer has the vector and the tokens of the input."""
    result = _native(simulator(), path, {"text": text})

    assert result.keys() == {"embedding", "inputTokens"}
    assert (len(result["embedding"]), result["inputTokens"]) == (1024, tokens)


def test_both_apis_give_the_same_vector(simulator: START) -> None:
    """What was embedded natively can be searched for over the OpenAI-compatible API."""
    client = simulator()
    native = [_native(client, path, {"text": TEXT})["embedding"] for path in (V2, EMB, STS)]

    assert native == [_openai(client, model=model)["data"][0]["embedding"] for model in MODELS]
    assert native[0] != native[1] != native[2] != native[0]


def test_unknown_native_fields_by_switch(simulator: START) -> None:
    """Unknown fields are ignored, unless the switch refuses them."""
    body = {"text": TEXT, "model": "bge-m3"}

    assert "embedding" in _native(simulator(), V2, body)
    assert _native(simulator(switches=Switches(unknown_native_fields="refuse")), V2, body)["code"] == "40002"


def test_an_ended_contract_ends_embeddings_too(simulator: START) -> None:
    """40083 for a model that the switch declares ended, natively as well."""
    client = simulator(switches=Switches(ended_models=frozenset({"bge-m3"})))

    assert _native(client, V2, {"text": TEXT})["code"] == "40083"
    assert _openai(client)["error"]["code"] == "40083"


@given(st.text(min_size=1, max_size=60).filter(str.strip), st.sampled_from(MODELS))
def test_w7_1_06_lengths(text: str, model: str) -> None:
    """A unit test of the vectors: bge-m3 has unit length, the others do not, and reach 1.6 at most."""
    vector = embed(model, text)

    assert vector == embed(model, text)
    if model == "bge-m3":
        assert math.hypot(*vector) == pytest.approx(1)
    else:
        assert max(map(abs, vector)) == pytest.approx(1.6)
        assert math.hypot(*vector) > 2


PAIRS: dict[str, tuple[str, str, str]] = {
    "refund": ("환불은 어떻게 신청하나요?", "반품하고 돈을 돌려받고 싶어요", "내일 서울 날씨 어때?"),
    "password": ("비밀번호를 잊어버렸어요", "암호를 재설정하는 방법을 알려줘", "주차 요금은 얼마인가요?"),
    "train": ("서울에서 부산까지 KTX로 얼마나 걸려?", "서울과 부산 사이 KTX 소요 시간", "김치찌개 맛있게 끓이는 법"),
    "account": ("회원 탈퇴는 어디에서 하나요?", "계정을 삭제하고 탈퇴하려면 어떻게 하나요", "오늘 환율 알려줘"),
    "battery": ("노트북 배터리가 빨리 닳아요", "배터리가 금방 방전되는 노트북", "제주도 여행 코스 추천"),
    "compound": ("재택근무 신청 절차", "재택 근무를 신청하려면 어떻게 하나요?", "구내식당 메뉴"),
    "payment": ("카드 결제가 자꾸 실패합니다", "신용카드로 결제가 안 돼요", "영화 추천해 주세요"),
    "warranty": ("이 제품의 보증 기간은 얼마나 되나요?", "제품 무상 보증은 몇 년인가요", "공항 가는 버스 시간표"),
    "english": ("How do I get a refund?", "Can I return this and be refunded?", "Will it rain tomorrow?"),
}


@pytest.mark.parametrize("model", ["bge-m3", pytest.param("clir-sts-dolphin", id="w7_1_04")])
@pytest.mark.parametrize(("text", "paraphrase", "unrelated"), PAIRS.values(), ids=PAIRS.keys())
def test_a_paraphrase_is_nearer_than_something_else(model: str, text: str, paraphrase: str, unrelated: str) -> None:
    """A unit test of the vectors: similar texts have similar vectors, by a clear margin."""
    vector = embed(model, text)

    assert _cosine(vector, embed(model, paraphrase)) > _cosine(vector, embed(model, unrelated)) + 0.08


PASSAGES = (
    "연차 휴가는 입사 1년 뒤부터 한 해에 15일을 쓸 수 있으며, 남은 연차는 다음 해로 넘어가지 않습니다.",
    "재택근무는 주 2회까지 가능하고, 전날 오후 6시까지 그룹웨어에서 신청합니다.",
    "구내식당은 11시 30분부터 1시 30분까지 열고, 한 끼 가격은 6,000원입니다.",
    "법인카드 영수증은 매월 5일까지 경비 시스템에 등록해야 합니다.",
    "노트북이 고장 나면 IT 지원팀에 수리를 요청하고, 대체 장비를 빌릴 수 있습니다.",
)


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("연차는 며칠까지 쓸 수 있나요?", 0),
        ("집에서 일하는 재택 근무는 어떻게 신청해요?", 1),
        ("식당 한 끼는 얼마예요?", 2),
        ("영수증은 언제까지 등록하나요?", 3),
        ("노트북 수리를 맡기고 싶어요", 4),
    ],
)
def test_w7_1_03_retrieval_finds_the_passage(simulator: START, question: str, best: int) -> None:
    """A question's vector is nearest to the passage that answers it, so a vector store can be tried offline."""
    client = simulator()
    vectors = [_native(client, EMB, {"text": text})["embedding"] for text in (*PASSAGES, question)]

    nearness = [_cosine(vectors[-1], passage) for passage in vectors[:-1]]

    assert nearness.index(max(nearness)) == best


def test_texts_without_a_word_have_vectors_of_their_own() -> None:
    """A unit test of the vectors: punctuation and emoji are told apart, too."""
    assert len({tuple(embed("bge-m3", text)) for text in ("!", "?", "👍", "아", "것")}) == 5
