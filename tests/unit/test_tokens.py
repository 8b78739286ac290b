"""The estimate of tokens: fit for Korean, calibrated by usage, and never absurd."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.tokens import Estimator, Size, estimator_of, size_of, size_of_text
from clovax_agents.wire import native, openai
from clovax_agents.wire.neutral import Part, Request, ToolSpec, Turn

SAMPLES = {  # of the service: docs/wire.md, sections 2 and 7.4, and the pages of ChatClovaX
    28: [
        "You are a helpful assistant that translates English to Korean. Translate the user sentence.",
        "I love using NAVER AI.",
    ],
    12: ["내일 서울 날씨 어때?"],
}


def request(texts: list[str], tools: int = 0) -> Request:
    """Return a request with these messages."""
    specs = [ToolSpec("f", "도구", {"type": "object", "properties": {}})] * tools
    return Request(model="HCX-005", turns=[Turn("user", text) for text in texts], cap=512, tools=specs)


@pytest.mark.parametrize("tokens", SAMPLES)
def test_documented_samples_are_met_roughly(tokens: int) -> None:
    """Within a third, before anything has been learned; a stranger's estimate has a quarter of the Korean ones."""
    sent = request(SAMPLES[tokens])
    estimate = Estimator().tokens(size_of(openai.encode(sent), len(sent.turns)))
    assert tokens * 2 / 3 <= estimate <= tokens * 4 / 3


def test_korean_counts_more_than_its_letters_would_in_english() -> None:
    """What LangChain's own approximation gets wrong: it has a quarter of a token for every character."""
    estimator = Estimator()
    korean, english = "환불 규정을 알려 주세요 " * 50, "tell me the refund rules " * 50
    assert estimator.tokens(size_of_text(korean)) > len(korean) / 4 * 1.4
    assert estimator.tokens(size_of_text(english)) < len(english) / 4 * 1.1


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_both_apis_have_about_the_same_size(texts: list[str]) -> None:
    """The parts are those of the messages, however they are written."""
    sent = request(texts)
    one, other = (size_of(encode(sent), len(texts)) for encode in (openai.encode, native.encode))
    assert one.wide == other.wide == sum(not char.isascii() for text in texts for char in text)
    assert abs(one.narrow - other.narrow) < 60


def test_tools_and_images_are_parts_of_their_own() -> None:
    """The data of an image is no text; a text that looks like a tool is one."""
    plain = size_of(openai.encode(request(["안녕"])), 1)
    tools = size_of(openai.encode(request(["안녕"], tools=2)), 1)
    fooled = size_of(openai.encode(request(['안녕,"tools":[{"type":"image_url"'])), 1)
    parts = [Part("이게 뭐야?"), Part(image_url="data:image/png;base64," + "A" * 100_000)]
    for encode in (openai.encode, native.encode):
        seen = size_of(encode(Request(model="HCX-005", turns=[Turn("user", parts)], cap=512)), 1)
        assert seen.images == 1
        assert seen.narrow < 200
        assert 1478 < Estimator().tokens(seen) < 1600
    assert tools.definitions > 100 > plain.definitions == fooled.definitions == fooled.images == 0
    assert tools.wide == plain.wide


COUNTERS = {
    "thrice the Korean": lambda size: 0.2 * size.narrow + 1.4 * size.wide + 5 * size.messages,
    "half the English": lambda size: 0.1 * size.narrow + 0.5 * size.wide + 5 * size.messages,
    "no tools": lambda size: 0.25 * size.narrow + 0.5 * size.wide + 3 * size.messages,
}


@pytest.mark.parametrize("kind", COUNTERS)
def test_it_learns_how_a_model_counts(kind: str) -> None:
    """After 200 answers, Korean, English and mixed requests are met within a tenth."""
    estimator, count = Estimator(), COUNTERS[kind]
    sizes = [
        Size(narrow, wide, messages, definitions)
        for narrow, wide in ((400, 0), (60, 300), (200, 200), (900, 100))
        for messages in (1, 4)
        for definitions in (0, 800)
    ]
    for turn in range(200):
        estimator.learn(sizes[turn * 7 % len(sizes)], round(count(sizes[turn * 7 % len(sizes)])))
    for size in sizes:
        assert abs(estimator.tokens(size) - count(size)) <= max(count(size) * 0.1, 3), size


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(-5, 10**7)), max_size=30))
def test_no_usage_makes_it_absurd(answers: list[tuple[int, int, int]]) -> None:
    """Whatever the service says, an estimate stays between nothing for tools and four times of where it began."""
    estimator, fresh = Estimator(), Estimator()
    for narrow, wide, tokens in answers:
        estimator.learn(Size(narrow, wide, 1), tokens)
    size = Size(1000, 1000, 3, 100)
    plain = Size(1000, 1000, 3)
    assert fresh.tokens(plain) / 4 - 1 <= estimator.tokens(size) <= fresh.tokens(size) * 4 + 1


def test_there_is_one_for_each_model() -> None:
    """What one model object learns, all others of the model know."""
    assert estimator_of("HCX-005") is estimator_of("HCX-005") is not estimator_of("HCX-007")
