"""Search among tools: terms, BM25, the index, and how often it finds what real utterances need."""

import importlib.util
import math
import sys
import time
import unicodedata
from pathlib import Path
from typing import Annotated, Any, Literal

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import BaseTool
from pydantic import BaseModel, Field

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling import Toolbox, tool
from clovax_agents.tooling.search import ToolIndex, ToolSearch
from clovax_agents.tooling.search_bm25 import BM25, K1, B
from clovax_agents.tooling.search_terms import terms_of

ROOT = Path(__file__).parents[3]
HALVES = st.characters(categories=["Cs"])
TEXTS = st.text(st.one_of(st.characters(), HALVES, st.sampled_from("날씨를알려줘 getOrder_s天氣ひらㅋ")), max_size=40)
TERMS = st.dictionaries(st.sampled_from("abcdefg"), st.floats(0.1, 5), max_size=5)
DOCUMENTS = st.lists(TERMS, max_size=12)


class Address(BaseModel):
    """Where to."""

    street: Annotated[str, Field(description="도로명")]


@tool
def ship(to: Address, kind: Literal["express", "일반"]) -> str:
    """Send a parcel.

    Args:
        to: receiver.
        kind: 배송 방법.
    """
    return f"{to} {kind}"


def _plain(name: str, description: str) -> BaseTool:
    def nothing() -> str:
        return ""

    return tool(name=name, description=description)(nothing)


# Terms


@given(TEXTS, st.booleans())
def test_any_text_has_terms_of_positive_weight(text: str, stems: bool) -> None:  # noqa: FBT001
    """Whatever a user or a model writes, nothing is raised, and no term is empty."""
    assert all(term and weight > 0 for term, weight in terms_of(text, morphemes=stems).items())


@given(TEXTS)
def test_forms_of_one_text_have_one_set_of_terms(text: str) -> None:
    """Composed or not, as files from macOS have it, is all one."""
    composed = unicodedata.normalize("NFC", text)
    assert terms_of(unicodedata.normalize("NFD", composed)) == pytest.approx(terms_of(composed))


@given(st.lists(st.sampled_from(["날씨", "환불을", "order", "3", "天氣"]), max_size=6))
def test_terms_add_up_over_words(words: list[str]) -> None:
    """A text is worth what its words are worth."""
    total: dict[str, float] = {}
    for word in words:
        for term, weight in terms_of(word).items():
            total[term] = total.get(term, 0.0) + weight
    assert terms_of(" ".join(words)) == pytest.approx(total)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("날씨가", "날씨를"),
        ("환불해 주세요", "환불합니다"),
        ("바꿀거야", "바꾸다"),
        ("getOrderStatus", "order_status"),
        ("HTTPServer", "http server"),
        ("orders", "an order"),
        ("categories", "category"),
        ("ＨＣＸ", "hcx"),
        ("天氣予報", "予報"),
        ("오늘서울날씨어때", "날씨"),
        ("Größe", "GRÖSSE"),
    ],
)
def test_what_belongs_together_shares_a_term(one: str, other: str) -> None:
    """Particles, endings, missing spaces, names of code and plurals do not keep words apart."""
    assert set(terms_of(one)) & set(terms_of(other))


def test_what_stands_in_front_of_a_korean_word_weighs_more() -> None:
    """The stem does, the ending does not."""
    terms = terms_of("주문했습니다")
    assert terms["주문"] > terms["문했"] > terms["습니"]


def test_an_endless_word_takes_no_time() -> None:
    """A megabyte without a space is read, but for its beginning."""
    start = time.perf_counter()
    assert len(terms_of("가나다라" * 250_000)) < 100
    assert time.perf_counter() - start < 5


def test_morphemes_find_stems() -> None:
    """With kiwipiepy, 알려 and 알리다 are one word."""
    assert set(terms_of("알려줘", morphemes=True)) & set(terms_of("알리다", morphemes=True)) >= {"=알리"}
    assert not any(term.startswith("=") for term in terms_of("알려줘"))


def test_without_kiwipiepy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Morphemes that were asked for are not left out in silence; where nobody asked, nothing is missed."""
    from clovax_agents.tooling import search_morphemes  # noqa: PLC0415  # for this test alone

    monkeypatch.setitem(sys.modules, "kiwipiepy", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    search_morphemes._loaded.cache_clear()
    with pytest.raises(ConfigurationError, match=r'pip install "clovax-agents\[search\]"'):
        ToolIndex([ship], morphemes=True)
    assert ToolIndex([ship]).search("parcel")[0].name == "ship"


# BM25


def _naive(documents: list[dict[str, float]], query: dict[str, float]) -> list[float]:
    """The formula, written down as a textbook has it, document by document."""
    mean = sum(sum(terms.values()) for terms in documents) / len(documents)
    scores = []
    for terms in documents:
        score = 0.0
        for term, weight in query.items():
            holding = sum(term in other for other in documents)
            idf = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
            frequency = terms.get(term, 0.0)
            long = 1 - B + B * sum(terms.values()) / mean if mean else 1.0
            score += min(weight, 1.0) * idf * frequency * (K1 + 1) / (frequency + K1 * long)
        scores.append(score)
    return scores


@given(DOCUMENTS, TERMS, st.integers(1, 15))
def test_scores_and_ranking_are_those_of_the_formula(
    documents: list[dict[str, float]], query: dict[str, float], k: int
) -> None:
    """Every document that shares a term, with its exact score, best first, ties in order, and no other."""
    found = BM25(documents).search(query, k)
    naive = _naive(documents, query) if documents else []
    assert dict(found) == pytest.approx({number: naive[number] for number, _ in found})
    assert found == sorted(found, key=lambda item: (-item[1], item[0]))
    sharing = [number for number, score in enumerate(naive) if score > 0]
    assert len(found) == min(k, len(sharing))
    left_out = [naive[number] for number in sharing if number not in dict(found)]
    assert all(score <= found[-1][1] + 1e-9 for score in left_out)


@given(st.lists(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=9), min_size=1, max_size=9), st.data())
def test_scores_are_those_of_another_implementation(documents: list[list[str]], data: Any) -> None:
    """bm25s computes the same, but for the precision of its numbers and a constant factor."""
    query = data.draw(st.lists(st.sampled_from(sorted({term for terms in documents for term in terms})), min_size=1))
    other = bm25s.BM25(method="lucene", k1=K1, b=B)
    other.index(documents, show_progress=False)
    scores: Any = other.get_scores([*dict.fromkeys(query)])
    counted = [{term: float(terms.count(term)) for term in terms} for terms in documents]
    found = dict(BM25(counted).search(dict.fromkeys(query, 1.0), len(documents)))
    expected = np.asarray(scores) * (K1 + 1)
    assert [found.get(number, 0.0) for number in range(len(documents))] == pytest.approx(expected, rel=1e-4)


# The index


def test_names_descriptions_parameters_and_values_are_searched() -> None:
    """Also those that stand deep inside of a schema."""
    index = ToolIndex([_plain("other", "Nothing of this."), ship], morphemes=False)
    for query in ("ship", "parcel", "receiver", "kind", "배송 방법", "도로명", "street", "express", "일반"):
        assert [match.name for match in index.search(query)] == ["ship"], query


def test_a_word_in_the_name_counts_more_than_one_in_a_parameter() -> None:
    """Fields are weighted."""

    @tool
    def find(coupon: str) -> str:
        """Find something."""
        return coupon

    index = ToolIndex([find, _plain("coupon", "Find something.")], morphemes=False)
    assert [match.name for match in index.search("coupon")] == ["coupon", "find"]


def test_equals_stand_in_the_order_of_the_box_every_time() -> None:
    """The ranking is stable."""
    box = Toolbox(*(_plain(f"t{number}", "환불을 처리합니다.") for number in range(20)))
    found = [match.name for match in ToolIndex(box, morphemes=False).search("환불", 5)]
    assert found == ["t0", "t1", "t2", "t3", "t4"]


def test_what_has_nothing_in_common_is_not_found() -> None:
    """No result is better than any result."""
    assert ToolIndex([ship], morphemes=False).search("태풍") == []
    assert ToolIndex([], morphemes=False).search("태풍") == []


def test_of_a_long_query_both_ends_are_read() -> None:
    """The question stands before or behind what was pasted."""
    index = ToolIndex([ship], morphemes=False)
    padding = "zzz " * 100_000
    assert index.search(f"{padding} send a parcel")
    assert index.search(f"send a parcel {padding}")


def test_a_toolbox_is_indexed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read for the first search serves all others; a new box has an index of its own."""
    read: list[str] = []
    original = ToolIndex._terms

    def noted(self: ToolIndex, made: BaseTool) -> dict[str, float]:
        read.append(made.name)
        return original(self, made)

    monkeypatch.setattr(ToolIndex, "_terms", noted)
    box = Toolbox(ship)
    assert box.search("parcel")[0].name == "ship"
    assert box.search("kind")[0].score > 0
    assert read == ["ship"]
    larger = box.add(_plain("refund", "Pay back."))
    assert [match.name for match in larger.search("pay back")] == ["refund"]
    assert [match.name for match in box.search("pay back")] == []


@pytest.mark.parametrize("k", [0, -1, 1.5, True, None])
def test_a_number_that_finds_nothing_is_refused(k: Any) -> None:
    """The error says what to give."""
    with pytest.raises(ConfigurationError, match="whole number of 1 or more"):
        Toolbox(ship).search("parcel", k)


def test_a_query_that_is_no_text_is_refused() -> None:
    """The error shows what was given."""
    nothing: Any = None
    with pytest.raises(ConfigurationError, match="query=None is no text"):
        Toolbox(ship).search(nothing)


def test_options_compare_and_show_themselves() -> None:
    """As any value does."""
    assert ToolSearch(always=["a"]) == ToolSearch(k=8, always=("a",))


def test_a_thousand_tools_are_indexed_and_searched_in_no_time() -> None:
    """Building is linear, searching takes a moment."""
    tools = [_plain(f"tool_{number}", f"주문 {number}번을 조회하고 처리합니다.") for number in range(1_000)]
    start = time.perf_counter()
    index = ToolIndex(tools, morphemes=False)
    built = time.perf_counter()
    found = [index.search(f"주문 {number}번 조회", 1)[0].name for number in range(100)]
    assert found == [f"tool_{number}" for number in range(100)]
    assert built - start < 10
    assert time.perf_counter() - built < 10


# Real utterances


def _benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    spec = importlib.util.spec_from_file_location("tool_search_benchmark", ROOT / "benchmarks" / "tool_search.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("stems", "at_4", "at_8"), [(False, 0.66, 0.74), (True, 0.71, 0.80)])
def test_the_tool_is_found_that_an_utterance_needs(
    stems: bool,  # noqa: FBT001
    at_4: float,
    at_8: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """100 utterances against the 119 tools of FunctionChat; the floors are a little below what was measured."""
    benchmark = _benchmark(monkeypatch)
    tools, asked = benchmark.all_tools(), benchmark.questions()
    assert (len(tools), len(asked)) == (119, 100)
    found = benchmark.recall(benchmark.ours(morphemes=stems)(tools), asked)
    assert found["4"] >= at_4
    assert found["8"] >= at_8
