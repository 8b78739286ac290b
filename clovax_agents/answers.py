"""The form that an answer is to have: a Pydantic class, a TypedDict or a JSON schema."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, NotRequired, Required, cast, get_args, get_origin

from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.pydantic import is_pydantic_v1_subclass
from pydantic import BaseModel, Field, PydanticUserError, create_model
from pydantic.fields import FieldInfo
from typing_extensions import get_type_hints, is_typeddict

from clovax_agents.checking import Checked, Instance, InstanceOfV1
from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.wire.arguments import parse_arguments, unfenced
from clovax_agents.wire.schema import in_place
from clovax_agents.wire.wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    Reader = Checked | Instance | InstanceOfV1

__all__ = ["AnswerForm"]

_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")  # of generic classes, and in Korean: the service would refuse it
_LONGEST_NAME: Final = 64
_NO_DESCRIPTION: Final = "Give the answer in this form."


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What an answer must look like.

    Attributes:
        name: of the form.
        schema: as JSON Schema, with a description.
        traced: the schema as LangSmith shows it.
        read: turns a JSON object into what the user gets; what does not fit is an `InvalidArgumentsError`.
    """

    name: str
    schema: Mapping[str, Any]
    traced: Mapping[str, Any] = field(repr=False)
    read: Reader = field(repr=False)

    @property
    def kind(self) -> Any:
        """The type of what the user gets."""
        return dict[str, Any] if isinstance(self.read, Checked) else self.read.source

    @classmethod
    def of(cls, source: Mapping[str, Any] | type) -> AnswerForm:
        """Take a form from a Pydantic class, a TypedDict, or a JSON schema with a title.

        Example:
            >>> class Weather(BaseModel):
            ...     high: int
            >>> AnswerForm.of(Weather).parse('{"high": 30}')
            Weather(high=30)
        """
        schema, read = _schema_and_reader(source)
        described = {"description": _NO_DESCRIPTION, **schema}
        name = schema.get("title") or cast("type", source).__name__
        return cls(
            _NO_NAME.sub("_", name).strip("_")[:_LONGEST_NAME] or "answer", described, _traced(source) or schema, read
        )

    def parse(self, text: str) -> object:
        """Read an answer.

        Raises:
            InvalidArgumentsError: it is not one strict JSON object, or does not fit the form; the text says where.
        """
        if not text.strip():
            raise InvalidArgumentsError(say("the answer is empty"))
        return self.read(parse_arguments(unfenced(text)))


def _traced(source: Any) -> dict[str, Any] | None:
    """Return the schema in LangChain's own words, which LangSmith groups by; None where LangChain cannot read it."""
    try:
        return convert_to_json_schema(source)
    except (NameError, TypeError, ValueError):  # entries not required or called as Pydantic's own; recursion
        return None


def _schema_and_reader(source: Any) -> tuple[dict[str, Any], Reader]:
    if isinstance(source, type) and issubclass(source, BaseModel):
        return source.model_json_schema(), Instance(source)
    other = cast("Any", _unwrapped(cast("dict[str, Any]", source)) if isinstance(source, dict) else source)
    schema = _schema_of(other)
    if isinstance(source, type) and is_pydantic_v1_subclass(source):
        return schema, InstanceOfV1(source, Checked(schema))
    return schema, Checked(schema)


def _schema_of(source: Any) -> dict[str, Any]:
    """Return the schema of a TypedDict or of OpenAI's function; one with a title is one: LangChain would shorten it."""
    if is_typeddict(source):
        return _typed_dict_schema(source)
    known = cast("dict[str, Any]", source) if isinstance(source, dict) else {}
    return known if "title" in known else convert_to_json_schema(cast("Any", source))


def _unwrapped(source: dict[str, Any]) -> dict[str, Any]:
    """Return the schema inside of what ``response_format`` takes; a bare schema as it is."""
    wanted: dict[str, Any] = source.get("json_schema", source)
    if isinstance(schema := wanted.get("schema"), dict):
        source = {"title": wanted.get("name", "answer"), **cast("dict[str, Any]", schema)}
    if "$ref" in source:
        source = in_place(source, str(source.get("title", "answer")))
    return source if {"title", "name", "function"} & source.keys() else {"title": "answer", **source}


def _typed_dict_schema(source: Any) -> dict[str, Any]:
    """Return the schema of a TypedDict as Pydantic writes it; LangChain's own would make ``int | None`` an ``int``."""
    hints = get_type_hints(source, include_extras=True)
    required: frozenset[str] = source.__required_keys__
    entries: Any = {}
    for number, (name, hint) in enumerate(hints.items()):  # by an alias: "json" is a name of Pydantic's own
        kind, default = _entry(hint, required=name in required)
        entries[f"entry_{number}"] = Annotated[kind, Field(alias=name)], default
    try:
        model: type[BaseModel] = create_model(source.__name__, __doc__=source.__doc__, **entries)
        return model.model_json_schema()
    except PydanticUserError:  # before Python 3.12, nested ones of typing's own
        return convert_to_json_schema(source)


def _entry(hint: Any, *, required: bool) -> tuple[Any, Any]:
    """Return type and field of an entry; annotated as LangChain does, with a default (or ``...``) and a text."""
    if get_origin(hint) in {Required, NotRequired}:
        (hint,) = get_args(hint)
    if get_origin(hint) is not Annotated:
        return hint, ... if required else None
    kind, *notes = get_args(hint)
    description = next((note for note in reversed(notes) if isinstance(note, str)), None)
    default = notes[0] if len(notes) > 1 and not isinstance(notes[0], FieldInfo) else ... if required else None
    fields = [note for note in notes if isinstance(note, FieldInfo)]
    if fields:  # with the limits and texts that stand there
        told = [Field(description=description)] if description else []
        return Annotated[(kind, *told, *fields)], default
    return kind, Field(default, description=description)
