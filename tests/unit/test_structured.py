"""Structured output: every form of schema, both methods and APIs, one round of repair, errors that say where."""

import asyncio
import json
import pickle
import socket
from collections.abc import Iterator
from typing import Annotated, Any, Generic, NotRequired, TypeVar

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel, Field
from rawserver import Peer, RawServer, answer, http
from typing_extensions import TypedDict

from clovax_agents import ChatClovaX
from clovax_agents.answers import AnswerForm
from clovax_agents.checking import Checked
from clovax_agents.errors import CallTimeoutError, ConfigurationError, InvalidArgumentsError, StructuredOutputError
from clovax_agents.simulator import BrainReply, ScriptBrain, ScriptStep, ToolCall
from clovax_agents.testing import LoopbackSimulator

GOOD = '{"high": 30, "low": 20, "condition": "맑음", "rain": null}'
WRONG = '{"high": "30", "low": 20, "condition": "맑음"}'
FENCED = f"```json\n{GOOD}\n```"


class Weather(BaseModel):
    """하루의 날씨."""

    high: int = Field(description="최고 기온")
    low: int = Field(description="최저 기온")
    condition: str
    rain: int | None = Field(default=None, description="강수 확률")


class WeatherDict(TypedDict):
    """하루의 날씨."""

    high: Annotated[int, ..., "최고 기온"]
    low: int
    condition: str
    rain: NotRequired[int | None]


SCHEMA = Weather.model_json_schema()
FORMS: dict[str, Any] = {"pydantic": Weather, "typed dict": WeatherDict, "json schema": SCHEMA}
EXPECTED = json.loads(GOOD)


def _script(*replies: str | BrainReply) -> ScriptBrain:
    return ScriptBrain([ScriptStep(BrainReply(reply) if isinstance(reply, str) else reply) for reply in replies])


def _called(arguments: str) -> BrainReply:
    return BrainReply(tool_calls=(ToolCall("Weather", arguments),))


def _plain(answer: Any) -> Any:
    return answer.model_dump() if isinstance(answer, BaseModel) else answer


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_schema_gives_its_own_kind_of_answer(
    clovax_simulator: LoopbackSimulator, api: Any, form: str
) -> None:
    """A class gives instances, everything else dictionaries; the schema goes over the wire, and nothing thinks."""
    chat = ChatClovaX(model="HCX-007", api=api, max_retries=0)
    with clovax_simulator.using(_script(GOOD)):
        answer = chat.with_structured_output(FORMS[form], method="json_schema").invoke("분당 날씨는?")

    assert _plain(answer) == EXPECTED
    assert isinstance(answer, Weather if form == "pydantic" else dict)


@pytest.mark.usefixtures("clovax_simulator")
def test_the_simulators_own_answers_fit() -> None:
    """Without a script, the rule brain fills the schema that it was sent."""
    chat = ChatClovaX(model="HCX-007", max_retries=0)
    prompt = ChatPromptTemplate.from_messages([("system", "날씨를 답한다."), ("human", "{place} 날씨는?")])

    answer = (prompt | chat.with_structured_output(Weather)).invoke({"place": "분당"})

    assert isinstance(answer, Weather)


@pytest.mark.parametrize("model", ["HCX-005", "HCX-DASH-002", "HCX-007"])
async def test_a_tool_call_can_be_the_answer(clovax_simulator: LoopbackSimulator, model: str) -> None:
    """Models that know no schema are made to call the one tool that the answer is; sync and async are the same."""
    chat = ChatClovaX(model=model, max_retries=0).with_structured_output(Weather, method="function_calling")
    with clovax_simulator.using(_script(_called(GOOD), _called(GOOD))):
        assert chat.invoke("날씨는?") == await chat.ainvoke("날씨는?") == Weather(**EXPECTED)


def test_the_method_is_chosen_by_the_model(clovax_simulator: LoopbackSimulator) -> None:
    """HCX-007 is held to the schema, HCX-005 calls a tool; and what was chosen can be seen in the request."""
    with clovax_simulator.using(_script(GOOD, _called(GOOD))):
        for model in ("HCX-007", "HCX-005"):
            assert ChatClovaX(model=model).with_structured_output(Weather).invoke("?") == Weather(**EXPECTED)


@pytest.mark.parametrize("first", [WRONG, "그냥 말", "", FENCED.replace("30", '"x"'), '{"high": 1}'])
def test_a_wrong_answer_is_asked_for_once_more(clovax_simulator: LoopbackSimulator, first: str) -> None:
    """The model is told what did not fit."""
    chat = ChatClovaX(model="HCX-007", max_retries=0)
    with clovax_simulator.using(_script(first, FENCED)):
        assert chat.with_structured_output(Weather).invoke("?") == Weather(**EXPECTED)


@pytest.mark.parametrize("first", [_called(WRONG), _called('{"high": '), BrainReply("말로 답합니다")])
def test_a_wrong_call_is_asked_for_once_more(clovax_simulator: LoopbackSimulator, first: BrainReply) -> None:
    """Its tool message says what did not fit; a missing call is asked for in words."""
    chat = ChatClovaX(model="HCX-005", max_retries=0)
    with clovax_simulator.using(_script(first, _called(GOOD))):
        assert chat.with_structured_output(Weather).invoke("?") == Weather(**EXPECTED)


def test_two_wrong_answers_are_an_error_that_says_where(clovax_simulator: LoopbackSimulator) -> None:
    """It is one of ours, and what LangChain's parsers raise; the place and the reason are in it."""
    chat = ChatClovaX(model="HCX-007", max_retries=0).with_structured_output(Weather)
    with clovax_simulator.using(_script(WRONG, WRONG)), pytest.raises(StructuredOutputError, match="high: ") as caught:
        chat.invoke("?")

    assert isinstance(caught.value, OutputParserException)
    assert caught.value.llm_output == WRONG


def test_the_raw_message_comes_along_on_request(clovax_simulator: LoopbackSimulator) -> None:
    """With include_raw nothing about the form is raised."""
    chat = ChatClovaX(model="HCX-007", max_retries=0).with_structured_output(Weather, include_raw=True)
    with clovax_simulator.using(_script(GOOD, WRONG, WRONG)):
        good, bad = chat.invoke("?"), chat.invoke("?")

    assert isinstance(good["raw"], AIMessage)
    assert (good["parsed"], good["parsing_error"]) == (Weather(**EXPECTED), None)
    assert (bad["raw"].text, bad["parsed"]) == (WRONG, None)
    assert isinstance(bad["parsing_error"], StructuredOutputError)


def test_an_answer_that_was_cut_off_is_not_asked_for_again(clovax_simulator: LoopbackSimulator) -> None:
    """It would be cut off again: the error says that the cap is too low."""
    chat = ChatClovaX(model="HCX-007", max_tokens=5, max_retries=0).with_structured_output(Weather)
    reply = BrainReply(GOOD[:20], finish_reason="length")
    with clovax_simulator.using(_script(reply)), pytest.raises(StructuredOutputError, match="larger max_tokens"):
        chat.invoke("?")


def test_w8_1_17_what_the_service_cannot_say_is_checked_here(clovax_simulator: LoopbackSimulator) -> None:
    """A pattern is not known to the service, and holds all the same."""
    schema = {
        "title": "우편",
        "type": "object",
        "properties": {"code": {"type": "string", "pattern": "^[0-9]{5}$"}},
        "required": ["code"],
    }
    chat = ChatClovaX(model="HCX-007", max_retries=0).with_structured_output(schema)
    with clovax_simulator.using(_script('{"code": "135"}', '{"code": "13561"}')):
        assert chat.invoke("?") == {"code": "13561"}


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("HCX-005", {"method": "json_schema"}, "use HCX-007"),
        ("HCX-007", {"thinking": {"effort": "high"}}, "structured output and thinking exclude each other"),
        ("HCX-007", {"method": "xml"}, "json_schema or function_calling"),
    ],
)
@pytest.mark.usefixtures("clovax_simulator")
def test_what_cannot_be_is_refused(model: str, options: dict[str, Any], message: str) -> None:
    """Before any request, with the way out."""
    with pytest.raises(ConfigurationError, match=message):
        ChatClovaX(model=model).with_structured_output(Weather, **options).invoke("?")


T = TypeVar("T")


class Box(BaseModel, Generic[T]):
    """상자."""

    value: T


class Reserved(TypedDict):
    """Names that Pydantic has for itself, and limits."""

    json: str
    model_config: int
    age: Annotated[int, Field(ge=1, description="나이")]


def test_the_name_of_a_generic_class_is_one_that_the_service_takes() -> None:
    """Neither brackets nor Korean letters."""
    assert AnswerForm.of(Box[int]).name == "Box_int"
    assert AnswerForm.of({"title": "날씨", "type": "object", "properties": {}}).name == "answer"


def test_a_typed_dict_keeps_every_entry_and_limit() -> None:
    """Whatever its entries are called."""
    form = AnswerForm.of(Reserved)
    assert list(form.schema["properties"]) == ["json", "model_config", "age"]
    assert form.schema["properties"]["age"]["minimum"] == 1
    assert form.parse('{"json": "a", "model_config": 1, "age": 1}') == {"json": "a", "model_config": 1, "age": 1}
    with pytest.raises(InvalidArgumentsError, match="age"):
        form.parse('{"json": "a", "model_config": 1, "age": 0}')


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_schema_as_response_format_takes_it(*, wrapped: bool) -> None:
    """With its name beside it."""
    inner = {"name": "Rain", "schema": {"type": "object", "properties": {"mm": {"type": "integer"}}}, "strict": True}
    form = AnswerForm.of({"type": "json_schema", "json_schema": inner} if wrapped else inner)
    assert (form.name, list(form.schema["properties"])) == ("Rain", ["mm"])


class _Limited(TypedDict):
    """제한."""

    age: Annotated[int, Field(ge=1), "나이"]


CITY = {"title": "City", "type": "object", "properties": {"name": {"type": "string", "nullable": True}}}


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        (Weather, EXPECTED),
        (_Limited, {"age": 3}),
        (CITY, {"name": None}),
        ({"$ref": "#/$defs/City", "$defs": {"City": CITY}}, {"name": "서울"}),
        ({"title": "Pair", "properties": {"x": {"type": "array", "items": [{"type": "string"}]}}}, {"x": ["a"]}),
        ({"title": "Old", "properties": {"x": {"type": "string", "required": True}}}, {"x": "a"}),
    ],
)
def test_what_reads_answers_can_be_sent_to_another_process(schema: Any, answer: dict[str, Any]) -> None:
    """Forms of every kind, schemas of older drafts and OpenAPI's nullable among them."""
    form = pickle.loads(pickle.dumps(AnswerForm.of(schema)))  # noqa: S301  # our own
    found: Any = form.parse(json.dumps(answer))
    assert (found.model_dump(exclude_unset=True) if isinstance(found, BaseModel) else found) == answer


def test_an_old_way_to_require_is_kept() -> None:
    """What no draft of today can check is checked in the form that is sent."""
    form = AnswerForm.of({"title": "Old", "properties": {"x": {"type": "string", "required": True}}})
    with pytest.raises(InvalidArgumentsError, match="x"):
        form.parse("{}")


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A place that schemas may name, and that nobody may ask."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


def _asked_of(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize(
    "schema",
    [
        {"unevaluatedProperties": {"$ref": "ADDRESS"}},
        {"$defs": {"unused": {"$ref": "ADDRESS"}}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"x": {"$ref": "ADDRESS"}}},
        {"properties": {"x": {"type": "number", "minimum": 1, "exclusiveMinimum": True}, "y": {"$ref": "ADDRESS"}}},
    ],
)
def test_a_schema_elsewhere_is_not_fetched(listening: socket.socket, schema: dict[str, Any]) -> None:
    """Neither before a request nor to check what came: whoever wrote the schema chose the address."""
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/x.json"
    given = json.loads(
        json.dumps({"title": "A", "type": "object", "properties": {}, **schema}).replace("ADDRESS", address)
    )
    refusal = rf"another document \({address}\): put that schema in place"

    with pytest.raises(ConfigurationError, match=refusal):
        Checked(given)({})
    chat = ChatClovaX(api_key="nv-test", base_url="http://127.0.0.1:9/v1/openai", max_retries=0)
    with pytest.raises(ConfigurationError, match=refusal):
        chat.with_structured_output(given, method="json_schema").invoke("?")
    assert not _asked_of(listening)


def test_an_unknown_draft_is_not_looked_for(listening: socket.socket) -> None:
    """The schema is read in the words of the newest one."""
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/draft"
    check = Checked({"$schema": address, "properties": {"x": {"$schema": address, "prefixItems": [{"minimum": 1}]}}})

    assert check({"x": [1]}) == {"x": [1]}
    with pytest.raises(InvalidArgumentsError, match="x"):
        check({"x": [0]})
    assert not _asked_of(listening)


def test_an_entrys_text_and_limits_go_together() -> None:
    """As `Annotated` holds both."""
    age = AnswerForm.of(_Limited).schema["properties"]["age"]
    assert (age["description"], age["minimum"]) == ("나이", 1)


def test_it_tells_what_it_takes_and_gives() -> None:
    """For drawings and for servers that publish schemas."""
    chat = ChatClovaX(model="HCX-007", api_key="nv-test")
    answering = chat.with_structured_output(Weather)
    assert answering.get_output_jsonschema() == Weather.model_json_schema()
    assert answering.get_input_jsonschema()
    assert chat.with_structured_output(Weather, include_raw=True).get_output_jsonschema()["type"] == "object"
    assert "StructuredModel" in (ChatPromptTemplate.from_template("{q}") | answering).get_graph().draw_mermaid()


def test_what_is_required_is_asked_for_beside_other_properties() -> None:
    """Of several names none is forgotten where every other property has a schema, too."""
    other = {"type": "array", "items": {"type": "string"}}
    form = AnswerForm.of({"title": "T", "properties": {}, "additionalProperties": other, "required": ["a", "b"]})
    with pytest.raises(InvalidArgumentsError, match="b"):
        form.parse('{"a": []}')
    assert form.parse('{"a": [], "b": ["x"]}') == {"a": [], "b": ["x"]}


def test_a_schema_of_variants_alone_keeps_them() -> None:
    """LangChain would leave nothing but its title."""
    variants = [{"type": "object", "required": ["mail"]}, {"type": "object", "required": ["phone"]}]
    form = AnswerForm.of({"title": "Contact", "anyOf": variants})
    assert form.parse('{"phone": "02"}') == {"phone": "02"}
    with pytest.raises(InvalidArgumentsError):
        form.parse("{}")
    assert AnswerForm.of({"title": "Any", "type": "object"}).parse("{}") == {}


@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
@pytest.mark.soak(every=2)
async def test_one_total_deadline_holds_for_both_rounds(mode: str) -> None:
    """Each answer takes longer than half of it; alone, each would be in time."""

    async def slowly(peer: Peer) -> None:
        await asyncio.sleep(0.4)
        await peer.send(http(answer(WRONG)))

    server = RawServer([slowly])
    chat = ChatClovaX(model="HCX-007", api_key="nv-test", base_url=server.url + "/v1/openai", timeout=0.6)
    answering = chat.with_structured_output(Weather)
    with pytest.raises(CallTimeoutError) as caught:
        await (asyncio.to_thread(answering.invoke, "?") if mode == "invoke" else answering.ainvoke("?"))
    assert caught.value.facts.deadline == "total"
    assert len(server.requests) == 2
    with pytest.raises(CallTimeoutError):
        answering.invoke("?")  # the next answer has its own time, and asks twice as well
    assert len(server.requests) == 4
    server.close()
