"""What a parameter of a tool wants, read from its name, type, format, enum and description."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.korean import concepts_of, identifier_parts, stem, words
from clovax_agents.simulator.brains.lexicon import word_set
from clovax_agents.simulator.json_types import JsonArray, JsonObject, as_array, as_object, as_text, follow_pointer

if TYPE_CHECKING:
    from clovax_agents.simulator.brains.protocol import ToolSpec

__all__ = ["Parameter", "parameters_of", "resolve"]

_GENERIC: Final = word_set(
    "여부 포함 입력 지정 특정 해당 대상 정보 사용자 표현 그대로 추출 형식 단위 경우 "
    "the of a an to for is whether true false value string"
)
_KINDS: Final[tuple[tuple[str, str], ...]] = (
    ("url", r"\burl\b|\blink\b|링크|주소\(url"),
    ("email", r"e-?mail|이메일|메일 주소"),
    ("phone", r"phone|mobile|전화번호|휴대폰|연락처 번호"),
    ("sql", r"\bsql\b|쿼리문"),
    ("expression", r"expression|formula|수식|계산식"),
    ("currency", r"currenc|통화|화폐"),
    ("datetime", r"datetime|date_time|일시|일자 및 시간|날짜와 시간|timestamp"),
    ("date", r"\bdate\b|날짜|일자|yyyy|\bday\b|생년월일|deadline|기한"),
    ("time", r"\btime\b|시간을|시각|hh:mm"),
    ("path", r"\bpath\b|파일 경로|file ?name|파일 이름|파일명"),
    ("id", r"\bid\b|identifier|\bsku\b|order (?:no|number)|아이디|식별자|(?:주문|접수|환불) ?번호|송장|상품 ?코드"),
    ("title", r"\btitle\b|\bsubject\b|제목"),
    ("payload", r"\b(?:text|message|content|body|note|comment|reason)\b|내용|본문|텍스트|문장|사유|메모"),
    ("person", r"receiver|recipient|수신자|수신인|받는 사람|person|사람의 이름|친구|성함|성명"),
    ("person", r"(?:고객|회원|손님|직원|환자|예약자|주문자|구매자)의? ?이름"),
    ("person", r"(?:customer|member|guest|client|employee|patient) ?name"),
    ("query", r"query|keyword|search|검색|키워드"),
)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a tool; nested schemas stay as they are.

    Attributes:
        name: of the parameter.
        schema: with references and ``anyOf`` resolved.
        required: whether the tool insists on it.
    """

    name: str
    schema: JsonObject
    required: bool

    @cached_property
    def description(self) -> str:
        """The description, or an empty text."""
        return as_text(self.schema.get("description"))

    @cached_property
    def type(self) -> str:
        """The JSON type; ``string`` if the schema does not say."""
        declared = self.schema.get("type")
        names = [declared] if isinstance(declared, str) else (as_array(declared) or [])
        return next((name for name in names if isinstance(name, str) and name != "null"), "string")

    @cached_property
    def enum(self) -> JsonArray:
        """The allowed values, or an empty list."""
        return as_array(self.schema.get("enum")) or []

    @cached_property
    def text(self) -> str:
        """Name and description, as words."""
        return f"{' '.join(identifier_parts(self.name))} {self.description}".lower()

    @cached_property
    def kind(self) -> str:
        """What kind of text a string parameter wants; ``phrase`` if nothing says more."""
        form = {"date": "date", "date-time": "datetime", "time": "time", "email": "email", "uri": "url", "url": "url"}
        by_format = form.get(as_text(self.schema.get("format")))
        return by_format or next((kind for kind, pattern in _KINDS if self._says(pattern)), "phrase")

    @cached_property
    def verbatim(self) -> bool:
        """Whether the description asks for the user's own words."""
        return re.search(r"그대로|verbatim|as (?:is|written|said)", self.description) is not None

    @cached_property
    def concepts(self) -> frozenset[str]:
        """The concepts of name and description."""
        return frozenset(concept for word in words(self.text) for concept in concepts_of(word.text))

    @cached_property
    def stems(self) -> frozenset[str]:
        """The telling words of name and description."""
        bare = re.sub(r"\([^)]*\)", " ", self.text)
        return frozenset(stem(word.text) for word in words(bare)) - _GENERIC

    def role(self) -> str:
        """Return ``source`` or ``target`` for the two ends of a way, a range or a conversion; else an empty text."""
        parts = set(identifier_parts(self.name))
        if parts & {"origin", "from", "source", "base", "start", "departure", "first", "begin"}:
            return "source"
        if parts & {"destination", "to", "target", "end", "arrival", "second", "finish", "return"}:
            return "target"
        return ""

    def _says(self, pattern: str) -> bool:
        """A name decides before the description does: ``location`` is no time, whatever its text mentions."""
        return re.search(pattern, " ".join(identifier_parts(self.name))) is not None or (
            re.search(pattern, self.description.lower()) is not None and not self._name_says_otherwise(pattern)
        )

    def _name_says_otherwise(self, pattern: str) -> bool:
        name = " ".join(identifier_parts(self.name))
        named = re.search(r"location|city|place|name|query|keyword|region|address", name) is not None
        return named and not re.search(r"검색|키워드|사람|친구|수신|고객|customer", pattern)


def parameters_of(tool: ToolSpec) -> list[Parameter]:
    """Return the parameters of a tool in their order."""
    required = as_array(tool.parameters.get("required")) or []
    properties = as_object(tool.parameters.get("properties")) or {}
    return [
        Parameter(name, resolve(as_object(value) or {}, tool.parameters), name in required)
        for name, value in properties.items()
    ]


def resolve(schema: JsonObject, root: JsonObject) -> JsonObject:
    """Follow a reference and take the first branch of an ``anyOf`` that is not null; keep what stands beside them."""
    for _ in range(8):
        target = as_object(follow_pointer(as_text(schema.get("$ref")), root)) or _branch(schema)
        if target is None:
            break
        beside = {key: value for key, value in schema.items() if key not in ("$ref", "anyOf", "oneOf", "allOf")}
        schema = {**target, **beside}
    return schema


def _branch(schema: JsonObject) -> JsonObject | None:
    for key in ("anyOf", "oneOf", "allOf"):
        branches = [as_object(branch) or {} for branch in as_array(schema.get(key)) or []]
        if branches:
            return next((branch for branch in branches if branch.get("type") != "null"), branches[0])
    return None
