"""Arguments that are free text: labelled, quoted, marked by a particle, or simply what is left."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.clauses import split_clauses
from clovax_agents.simulator.brains.facts import find_all
from clovax_agents.simulator.brains.korean import actions_of, concepts_of, is_predicate, split_particle, stem, words
from clovax_agents.simulator.brains.people import people
from clovax_agents.simulator.brains.phrases import Phrase, Vocabulary, clean, phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.simulator.brains.parameters import Parameter
    from clovax_agents.simulator.brains.scene import Scene

__all__ = ["ends", "free_text", "labelled", "topic"]

_SOURCE_PARTICLES: Final = frozenset(
    {"에서", "부터", "에서부터", "을", "를", "이랑", "랑", "와", "과", "하고", "가", "이"}
)
_TARGET_PARTICLES: Final = frozenset({"까지", "으로", "로", "에"})
_RECEIVER: Final = re.compile(r"(?P<name>[가-힣A-Za-z]+?)\s?(?:님|씨)?(?:한테서|한테|에게|께)(?=\s|$|[,.])")
_LABEL: Final = re.compile(r"(?:^|[\s\-,.(])(?P<label>[가-힣A-Za-z]{1,8}(?:\s[가-힣]{1,4})?)\s?[::]\s*", re.MULTILINE)
_LABEL_IS: Final = re.compile(
    r"(?P<label>[가-힣]{1,6}(?:에는|은|는))\s+(?P<value>[^\n!?]+?)\s*"
    r"(?:(?:이렇게|으로|로|이에요|이예요|예요|입니다|이야|야|추가해\S*|설정해\S*|해줘|해주\S*)(?![가-힣])|$|[!?]|\.(?:\s|$))"
)
_NAMED: Final = re.compile(r"(?P<name>[^\s,.!?]+?(?:\s[^\s,.!?]+?)??)\s?(?:이?라는|이라고 하는)\s")
_SAID: Final = re.compile(r"(?P<said>[^.!?\n]+?(?:다|라|냐|자))고(?:좀|는|요)?(?=\s|$|[.!,])")
_ARROW: Final = re.compile(r"\s*(?:<-|←|<=)\s*")
_POINTED: Final = re.compile(
    r"\A(?P<text>.{6,}?)\s+(?:이거|이걸|이것|이\s?(?:영어\s?)?(?:문장|내용|텍스트|글)\S*|위\s?내용\S*)\s", re.DOTALL
)
_ASKING: Final = re.compile(r"[::]\s+(?=\S{2,})")


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    start: int
    value: int


def labelled(parameter: Parameter, scene: Scene) -> str | None:
    """Return the value behind a label that means the parameter: "제목: 집들이", "출발지는 판교역이에요"."""
    labels = [_Label(found["label"], found.start("label"), found.end()) for found in _LABEL.finditer(scene.text)]
    for i, label in enumerate(labels):
        if _means(label.name, parameter):
            end = labels[i + 1].start if i + 1 < len(labels) else _value_end(scene.text, label.value)
            return _use(scene, label.start, label.value, end)
    for found in _LABEL_IS.finditer(scene.text):
        name = re.sub(r"(?:에는|은|는)$", "", found["label"])
        if _means(name, parameter) and scene.is_free(*found.span("value")) and not _asks(found["value"]):
            scene.take(*found.span())
            value = found["value"] if parameter.kind == "payload" else found["value"].split(",")[0]
            return value.strip() if parameter.kind == "payload" else clean(value)
    return None


def _value_end(text: str, start: int) -> int:
    """A value ends with its line, or with the bracket that it stands in."""
    line = re.search(r"\n|\)(?=\s|$)", text[start:])
    return start + line.start() if line else len(text)


def _use(scene: Scene, start: int, value: int, end: int) -> str | None:
    text = _without_request(scene.text[value:end].strip().strip("-,\u2013").strip(), scene)
    if not text or not scene.is_free(value, end):
        return None
    scene.take(start, end)
    return text


def _without_request(text: str, scene: Scene) -> str:
    """Cut "메일 보내줘" off the end of a text that is to be sent."""
    said = list(words(text))
    if not said or not re.search(r"(?:줘요?|주세요|줄래요?)$", said[-1].text):
        return text
    end = len(said) - 1
    while end and scene.vocabulary.holds(said[end - 1].text):
        end -= 1
    return text[: said[end].start].strip(" ,") or text


def _means(label: str, parameter: Parameter) -> bool:
    bare = stem(label.rsplit(maxsplit=1)[-1].lower()) if parameter.kind != "payload" else stem(label.lower())
    specific = concepts_of(bare) - {"date", "content"} or concepts_of(bare)
    return bare in parameter.stems or bool(specific & parameter.concepts)


def _asks(value: str) -> bool:
    return re.match(r"(?:언제|어디|누구|뭐|무엇|무슨|어떤|어때|어떻|얼마|몇)", value.strip()) is not None


def ends(parameters: Sequence[Parameter], scene: Scene) -> dict[str, str]:
    """Fill the two ends of a way or a comparison: "A에서 B까지", "A랑 B", "B로 가는 길"."""
    found = [part for phrase in scene.phrases() for part in _parted(phrase)]
    given: dict[str, str] = {}
    for parameter in sorted(parameters, key=lambda item: item.role() != "target"):
        marks = _TARGET_PARTICLES if parameter.role() == "target" else _SOURCE_PARTICLES
        chosen = next((phrase for phrase in found if phrase.particle in marks), None)
        if chosen is not None:
            found.remove(chosen)
            given[parameter.name] = _take(chosen, scene)
    for parameter in parameters:
        if parameter.name not in given and found:
            given[parameter.name] = _take(found.pop(0), scene)
    return given


def _take(phrase: Phrase, scene: Scene) -> str:
    scene.take(phrase.start, phrase.end)
    return phrase.text


def _parted(phrase: Phrase) -> list[Phrase]:
    """Split "경복궁이랑 창덕궁" into its two places."""
    head, _, tail = phrase.text.partition(" ")
    noun, particle = split_particle(head)
    if not tail or particle not in _SOURCE_PARTICLES:
        return [phrase]
    middle = phrase.start + len(head)
    return [Phrase(noun, particle, phrase.start, middle), Phrase(tail, phrase.particle, middle + 1, phrase.end)]


def free_text(parameter: Parameter, scene: Scene) -> str | None:
    """Return free text of the kind that the parameter wants; None if the question holds none."""
    if parameter.kind == "person":
        receiver = _RECEIVER.search(scene.text)
        if receiver is not None and scene.is_free(*receiver.span("name")):
            scene.take(*receiver.span())
            return receiver["name"]
        known = scene.first_free(people(scene.text))
        if known is not None:
            return known.text
    if parameter.kind == "payload":
        return _payload(scene)
    quoted = scene.first_free(find_all("quoted", scene.text))
    if quoted is not None:
        return quoted.text
    return _named(scene) or _best_phrase(parameter, scene) or (topic(scene) if parameter.kind == "query" else None)


def topic(scene: Scene) -> str | None:
    """Return the longest phrase, words that the tool uses itself included; None if the text only asks."""
    nothing = Vocabulary("", ())
    found = phrases(scene.text, nothing, scene.taken) or phrases(scene.text, nothing)
    return max((phrase.text for phrase in found), key=len, default=None)


def _named(scene: Scene) -> str | None:
    """Return X of "X라는 목록"."""
    found = _NAMED.search(scene.text)
    if found is None or not scene.is_free(*found.span("name")):
        return None
    scene.take(*found.span())
    name = [word for word in found["name"].split() if split_particle(word)[1] not in ("에", "에서", "에다가")]
    return " ".join(name) or found["name"]


def _best_phrase(parameter: Parameter, scene: Scene) -> str | None:
    """Return the phrase that says most: the longest, in a clause that asks for something if there is one."""
    found = scene.phrases()
    if not found:
        return None
    shortest_first = parameter.kind == "person"
    chosen = max(
        found,
        key=lambda phrase: (
            _in_request(phrase, scene),
            -len(phrase.text.split()) if shortest_first else len(phrase.text),
        ),
    )
    scene.take(chosen.start, chosen.end)
    return chosen.text


def _in_request(phrase: Phrase, scene: Scene) -> bool:
    place = 0
    for clause in split_clauses(scene.text):
        start = scene.text.find(clause, place)
        place = start + len(clause)
        if start <= phrase.start < place:
            return "?" in scene.text[place - 1 : place + 1] or any(is_predicate(word.text) for word in words(clause))
    return False


def _payload(scene: Scene) -> str | None:
    """Return a text that somebody wants to be worked on or passed on, word for word where possible."""
    arrow = _ARROW.search(scene.text)
    if arrow is not None:
        return scene.text[: arrow.start()].strip() or None
    asking = _ASKING.search(scene.text)
    if asking is not None and scene.is_free(asking.end(), len(scene.text)):
        return scene.text[asking.end() :].strip()
    pointed = _POINTED.match(scene.text)
    if pointed is not None:
        return pointed["text"].strip()
    quoted = scene.first_free(find_all("quoted", scene.text))
    if quoted is not None:
        return quoted.text
    return _said(scene) or _rest(scene)


def _said(scene: Scene) -> str | None:
    """Return indirect speech without its ending: "늦는다고 전해줘" says "늦는다"."""
    start = max((high for _, high in scene.taken if high < len(scene.text) // 2), default=0)
    for text_start in (start, 0):
        found = _SAID.search(scene.text, text_start)
        if found is not None:
            words_said = found["said"].strip(" ,")
            return re.sub(r"^\S*(?:보내서|전해서|연락해서)\s+", "", words_said) or None
    return None


def _rest(scene: Scene) -> str | None:
    """Return the sentences that ask for nothing; else what is left of the only one."""
    sentences = [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", scene.text) if part.strip()]
    statements = [part for part in sentences if not _requests(part)]
    if statements and len(statements) < len(sentences):
        return " ".join(statements)
    found = scene.phrases()
    return max((phrase.text for phrase in found), key=len, default=None)


def _requests(sentence: str) -> bool:
    last = [word.text for word in words(sentence)][-2:]
    return any(
        re.search(r"(줘요?|주세요|줄래요?|해봐|부탁\S*|할까요?|please)$", word)
        or (actions_of(word) and is_predicate(word))
        for word in last
    )
