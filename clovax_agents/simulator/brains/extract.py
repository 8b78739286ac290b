"""Arguments of one tool from one text, by name, type, enum, format and description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains import strings, typed
from clovax_agents.simulator.brains.choices import choice
from clovax_agents.simulator.brains.clauses import coordinated
from clovax_agents.simulator.brains.korean import concepts_of, identifier_parts, words
from clovax_agents.simulator.brains.parameters import Parameter, parameters_of
from clovax_agents.simulator.brains.phrases import Vocabulary, clean
from clovax_agents.simulator.brains.scene import Scene
from clovax_agents.simulator.brains.values import plain_value

if TYPE_CHECKING:
    from clovax_agents.simulator.brains.protocol import ToolSpec
    from clovax_agents.simulator.json_types import JsonObject

__all__ = ["Extraction", "Extractor", "find_arguments"]

_NUMERIC: Final = frozenset({"integer", "number"})


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a tool makes of a text.

    Attributes:
        arguments: complete: required parameters always have a value of their type.
        named: the parameters that the text really names.
        missing: how many required parameters it does not name, long texts such as a reason apart.
        leftover: how many phrases and numbers of the text the tool has no use for.
    """

    arguments: JsonObject
    named: frozenset[str]
    missing: int
    leftover: int


class Extractor:
    """Takes the arguments of one tool from texts."""

    def __init__(self, tool: ToolSpec) -> None:
        self.parameters: list[Parameter] = parameters_of(tool)
        self._vocabulary = _vocabulary(f"{' '.join(identifier_parts(tool.name))} {tool.description}", self.parameters)

    def extract(self, text: str, now: float, history: str = "") -> Extraction:
        """Fill the required parameters always, optional ones only when something in the text fits.

        Args:
            text: a clause, or the whole question.
            now: seconds since 1970.
            history: earlier messages, where an id may be found.
        """
        scene = Scene(text, history, now, self.parameters, self._vocabulary)
        found = _found(scene)
        complete: JsonObject = {}
        for parameter in self.parameters:
            if parameter.name in found:
                complete[parameter.name] = found[parameter.name]
            elif parameter.required:
                complete[parameter.name] = _fallback(parameter, scene)
        sure = [item for item in self.parameters if item.name in found and not _is_guess(item, found[item.name], scene)]
        named = frozenset(item.name for item in sure)
        needed = [item for item in self.parameters if item.required and item.kind != "payload"]
        missing = sum(item.name not in named for item in needed)
        return Extraction(complete, named, missing, scene.leftover())


def find_arguments(parameters: list[Parameter], text: str, now: float) -> JsonObject:
    """Return values for parameters that belong to no tool, as far as the text names them."""
    return _found(Scene(text, "", now, parameters, _vocabulary("", parameters)))


def _is_guess(parameter: Parameter, value: object, scene: Scene) -> bool:
    """Say whether a text that should have a form of its own was filled with mere words."""
    formed = {span.text for span in typed.formal_spans(parameter, f"{scene.text}\n{scene.history}")}
    return parameter.kind in typed.FORMAL_KINDS and parameter.kind != "expression" and value not in formed


def _vocabulary(own: str, parameters: list[Parameter]) -> Vocabulary:
    text = " ".join((own, *(item.text for item in parameters)))
    return Vocabulary(text, {concept for word in words(text.lower()) for concept in concepts_of(word.text)})


def _found(scene: Scene) -> JsonObject:
    """Go from what has the clearest form to what is merely left."""
    found: JsonObject = {}
    texts = [item for item in scene.parameters if item.type == "string" and not item.enum]
    for parameter in scene.parameters:
        _keep(found, parameter, _by_choice(parameter, scene))
    for parameter in texts:
        if parameter.kind not in typed.DATE_KINDS:
            _keep(found, parameter, typed.formal(parameter, scene))
    found |= typed.dates([item for item in texts if item.kind in typed.DATE_KINDS], scene)
    found |= typed.numbers([item for item in scene.parameters if item.type in _NUMERIC and not item.enum], scene)
    open_texts = [
        item for item in texts if item.name not in found and item.kind not in typed.DATE_KINDS | _strict_kinds(item)
    ]
    for parameter in open_texts:
        _keep(found, parameter, strings.labelled(parameter, scene))
    found |= _ends(open_texts, found, scene)
    for parameter in sorted(open_texts, key=_free_order):
        wanted = parameter.required or (not found and parameter.kind in ("phrase", "query"))
        if wanted and parameter.name not in found:
            _keep(found, parameter, strings.free_text(parameter, scene))
    return found | _arrays(scene, found)


def _strict_kinds(parameter: Parameter) -> frozenset[str]:
    """What has a form of its own is never guessed from free words, unless the tool insists on a value."""
    return frozenset() if parameter.required else typed.FORMAL_KINDS


def _free_order(parameter: Parameter) -> int:
    """Names first: what is said to somebody is found when it is known who that is."""
    return {"person": 0, "title": 1, "payload": 3}.get(parameter.kind, 2)


def _keep(found: JsonObject, parameter: Parameter, value: object | None) -> None:
    if value is not None and parameter.name not in found:
        found[parameter.name] = value


def _by_choice(parameter: Parameter, scene: Scene) -> object | None:
    if parameter.enum:
        return choice(parameter, scene)
    return typed.boolean(parameter, scene) if parameter.type == "boolean" else None


def _ends(parameters: list[Parameter], found: JsonObject, scene: Scene) -> JsonObject:
    pair = [item for item in parameters if item.role() and item.required]
    missing = [item for item in pair if item.name not in found]
    return dict(strings.ends(missing, scene)) if len(pair) > 1 and missing else {}


def _arrays(scene: Scene, found: JsonObject) -> JsonObject:
    """Fill lists of texts with the things that the question names side by side."""
    filled: JsonObject = {}
    for parameter in scene.parameters:
        if parameter.type != "array" or parameter.name in found:
            continue
        spans = typed.formal_spans(parameter, scene.text)
        phrase = "" if spans else strings.free_text(parameter, scene)
        values = [span.text for span in spans] or (coordinated(phrase) if phrase else [])
        if values:
            filled[parameter.name] = plain_value(parameter.schema, values)
    return filled


def _fallback(parameter: Parameter, scene: Scene) -> object:
    """Return a value of the right type: the default, the first choice, or the cleaned question."""
    text = strings.topic(scene) or clean(scene.text) or scene.text
    return plain_value(parameter.schema, text if parameter.type == "string" else None)
