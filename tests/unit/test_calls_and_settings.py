"""What one call may set for itself, what headers and proxies may do, and what a call says of its cost."""

import asyncio
import json
import re
import struct
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Self

import httpx
import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage
from langchain_core.outputs import LLMResult
from pydantic import BaseModel, ConfigDict, Field, model_validator
from rawserver import RawServer, answer, http, says

from clovax_agents import ChatClovaX, ClovaXEmbeddings
from clovax_agents.errors import CallTimeoutError, ConfigurationError
from clovax_agents.simulator import BrainReply, FaultPlan, ScriptBrain, ScriptStep
from clovax_agents.testing import LoopbackSimulator

QUESTION = [HumanMessage("안녕하세요")]


class City(BaseModel):
    """도시."""

    name: str
    people: int


@pytest.mark.parametrize("emulated", [False, True])
def test_a_call_has_a_timeout_of_its_own(clovax_simulator: LoopbackSimulator, *, emulated: bool) -> None:
    """In seconds or as httpx has it, over the model's; that of the model stays."""
    chat = ChatClovaX(max_retries=0, timeout=30)
    bound = chat.bind_tools([City], tool_calling="emulated") if emulated else chat
    for timeout in (0.2, httpx.Timeout(5, read=0.2)):
        with clovax_simulator.using(faults=FaultPlan.parse("black_hole")), pytest.raises(CallTimeoutError):
            list(bound.stream(QUESTION, timeout=timeout))
    with clovax_simulator.using(faults=FaultPlan.parse("black_hole")), pytest.raises(CallTimeoutError, match=r"0\.2 s"):
        bound.invoke(QUESTION, timeout=0.2)
    assert chat.timeout == 30


@pytest.fixture
def server() -> Iterator[RawServer]:
    """Give a server that keeps what it is sent."""
    server = RawServer([says(http(answer("네")))])
    yield server
    server.close()


@pytest.mark.usefixtures("clovax_simulator")
def test_a_class_can_be_the_response_format(server: RawServer) -> None:
    """As with langchain-openai: the schema is sent, the message comes back."""
    message = ChatClovaX(model="HCX-007").invoke("서울은?", response_format=City)
    assert City.model_validate_json(message.text)

    ChatClovaX(model="HCX-007", base_url=server.url, profile="public").invoke("서울은?", response_format=City)
    sent = json.loads(server.requests[0].body)["response_format"]["json_schema"]
    assert sent["name"] == "City"
    assert sorted(sent["schema"]["properties"]) == ["name", "people"]


def test_headers_may_replace_who_asks_and_with_what_key(server: RawServer) -> None:
    """A gateway's own authorization, and a user agent; each once."""
    headers = {"authorization": "Basic Z2F0ZTp3YXk=", "user-agent": "shop/1.0", "X-Team": "desk"}
    ChatClovaX(default_headers=headers, base_url=server.url, api_key="nv-test").invoke("안녕")

    head = server.requests[0].head.decode().lower()
    assert head.count("authorization:") == head.count("user-agent:") == 1
    assert "authorization: basic z2f0ztp3yxk=" in head
    assert "user-agent: shop/1.0" in head
    assert "x-team: desk" in head


@pytest.mark.parametrize("name", ["Content-Type", "accept", "Accept-Encoding", "X-NCP-CLOVASTUDIO-REQUEST-ID"])
def test_headers_that_belong_to_the_request_are_refused(name: str) -> None:
    """The name is said, the value is not."""
    with pytest.raises(ConfigurationError, match=name) as caught:
        ChatClovaX(api_key="nv-test", default_headers={name: "canary"})
    assert "canary" not in str(caught.value)


def test_a_proxy_beside_a_client_of_ones_own_is_refused() -> None:
    """It would be passed over in silence."""
    with httpx.Client() as client, pytest.raises(ConfigurationError, match="set the proxy on that client"):
        ChatClovaX(api_key="nv-test", proxy="http://127.0.0.1:9", http_client=client)


class _Costs(BaseCallbackHandler):
    """Reads what cost trackers read."""

    def __init__(self, *, inline: bool) -> None:
        self.run_inline = inline
        self.seen: list[dict[str, Any] | None] = []

    def on_llm_end(self, response: LLMResult, **_: Any) -> None:
        """Keep the output."""
        self.seen.append(response.llm_output)


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.usefixtures("clovax_simulator")
def test_cost_trackers_find_usage_and_model(api: Any, *, inline: bool) -> None:
    """In the output of a call, of generate() the sum, over sync and async."""
    chat, costs = ChatClovaX(api=api), _Costs(inline=inline)
    usage = chat.invoke(QUESTION, {"callbacks": [costs]}).response_metadata["token_usage"]
    asyncio.run(chat.ainvoke(QUESTION, {"callbacks": [costs]}))
    total = chat.generate([QUESTION, QUESTION], callbacks=[costs]).llm_output

    expected = {name: usage[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
    assert [{**seen["token_usage"]} for seen in costs.seen if seen] == [usage] * 4
    assert total == {"token_usage": {n: 2 * v for n, v in expected.items()}, "model_name": "HCX-005"}


def test_a_server_of_ones_own_has_its_own_limits(clovax_simulator: LoopbackSimulator) -> None:
    """An image that CLOVA Studio would refuse is for that server to judge."""
    del clovax_simulator
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 9000, 9000) + b"\x08\x02\x00\x00\x00"
    large = HumanMessage([{"type": "image", "data": png}])
    with pytest.raises(ConfigurationError, match="9000"):
        ChatClovaX()._job([large], None, {}, stream=False)
    assert ChatClovaX(profile="self-hosted", base_url="http://127.0.0.1:9/v1")._job([large], None, {}, stream=False)


def test_one_stop_sequence_may_be_a_text(clovax_simulator: LoopbackSimulator) -> None:
    """It is not taken apart into its letters, whichever way it comes."""
    told: Any = BrainReply("가나END다라")
    for ask in (
        lambda chat: chat.invoke("안녕", stop="END"),
        lambda chat: chat.bind(stop="END").invoke("안녕"),
        lambda chat: "".join(part.text for part in chat.stream("안녕", stop="END")),
    ):
        with clovax_simulator.using(ScriptBrain([ScriptStep(told)])):
            found: Any = ask(ChatClovaX())
            assert (found if isinstance(found, str) else found.text) == "가나"


def test_an_unknown_strategy_and_an_unknown_tool_are_refused(clovax_simulator: LoopbackSimulator) -> None:
    """Instead of another strategy, or of a KeyError."""
    del clovax_simulator
    with pytest.raises(ConfigurationError, match="input should be 'native' or 'emulated'"):
        ChatClovaX().invoke("안녕", tool_calling="emulate")
    with pytest.raises(ConfigurationError, match="'web_search_preview' cannot be sent"):
        ChatClovaX().bind_tools([{"type": "web_search_preview"}]).invoke("안녕")


def test_a_cache_tells_servers_apart() -> None:
    """Two of one's own may serve a model of the same name."""
    cache = InMemoryCache()
    for text in ("하나", "둘"):
        server = RawServer([says(http(answer(text)))])
        chat = ChatClovaX(api_key="nv-test", base_url=server.url + "/v1/openai", cache=cache)
        assert chat.invoke("안녕").text == chat.invoke("안녕").text == text
        assert len(server.requests) == 1
        server.close()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"temperature": 1.5}, "temperature=1.5 cannot be: input should be less than or equal to 1"),
    ({"max_tokens": "viel"}, "max_tokens='viel' cannot be"),
    ({"max_tokens": 0}, "max_tokens=0 cannot be"),
    ({"max_tokens": 8192}, "max_tokens=8192 is more than HCX-005 can write: set 4096 or less"),
    ({"model": "HCX-003", "temperature": 0}, "HCX-003 takes no temperature of 0"),
    ({"model": "HCX-007", "thinking": {"type": "disabled"}}, "thinking does not take 'type'"),
    ({"model": "HCX-007", "thinking": {"efort": "low"}}, "thinking does not take 'efort'"),
    ({"model": "HCX-007", "thinking": "low"}, "thinking='low' cannot be"),
    ({"reasoning_effort": "low", "thinking": {"effort": "none"}}, "thinking is given twice, as "),
    ({"tool_calling": "emulate"}, "input should be 'native' or 'emulated'"),
    ({"seed": -1}, "seed=-1 cannot be"),
]


@pytest.mark.usefixtures("clovax_simulator")
@pytest.mark.parametrize(("settings", "text"), REFUSED)
@pytest.mark.parametrize("door", ["constructor", "call"])
def test_a_value_that_cannot_be_is_refused_at_every_door(settings: dict[str, Any], text: str, door: str) -> None:
    """By one kind of error, which names the setting and what it takes."""
    asks = {
        "constructor": lambda: ChatClovaX(**settings).invoke("안녕"),
        "call": lambda: ChatClovaX(model=settings.get("model", "HCX-005")).invoke("안녕", **settings),
    }
    with pytest.raises(ConfigurationError, match=re.escape(text)):
        asks[door]()


@pytest.mark.usefixtures("clovax_simulator")
def test_values_come_in_the_forms_that_programs_have_them_in() -> None:
    """Numbers as text, None for not set, and any kind of tool in `bind`."""
    chat = ChatClovaX(max_tokens="100")
    assert chat.invoke("안녕", max_tokens="200", model=None, tools=None).text
    assert chat.bind(tools=None).invoke("안녕").text
    assert chat.bind(tools=[City]).invoke("서울의 인구는?", tool_choice="City", max_tokens=1024).tool_calls
    assert chat._get_ls_params(stop="END")["ls_stop"] == ["END"]  # type: ignore[arg-type]


@pytest.mark.parametrize("max_retries", [-1, "oft"])
def test_a_setting_of_the_connection_is_refused_the_same(max_retries: Any) -> None:
    """Of embeddings as of models."""
    for kind in (ChatClovaX, ClovaXEmbeddings):
        with pytest.raises(ConfigurationError, match="max_retries"):
            kind(api_key="nv-test", max_retries=max_retries)


ADDRESSES = [
    ("https://host:port/v1/openai", "not a web address"),
    ("https://[half/v1/openai", "not a web address"),
    ("https://host/v1/openai?region=kr", "has a query"),
]


@pytest.mark.parametrize(("address", "text"), ADDRESSES)
def test_an_address_that_cannot_be_is_refused(address: str, text: str) -> None:
    """With the address, before anything is sent there."""
    with pytest.raises(ConfigurationError, match=text):
        ChatClovaX(api_key="nv-test", base_url=address)


def test_clients_are_of_the_kind_that_they_are_for() -> None:
    """A client for async calls cannot send sync ones, and a closed one none."""
    with pytest.raises(ConfigurationError, match=r"http_client takes an httpx\.Client, not a AsyncClient"):
        ChatClovaX(api_key="nv-test", http_client=httpx.AsyncClient())
    client, async_client = httpx.Client(), httpx.AsyncClient()
    chat = ChatClovaX(api_key="nv-test", http_client=client, http_async_client=async_client)
    client.close()
    asyncio.run(async_client.aclose())
    with pytest.raises(ConfigurationError, match="http_client has been closed"):
        chat.invoke("안녕")
    with pytest.raises(ConfigurationError, match="http_async_client has been closed"):
        asyncio.run(chat.ainvoke("안녕"))


def test_native_embeddings_and_counts_of_the_government_cloud_need_the_kind_of_app() -> None:
    """As native chats do."""
    place: dict[str, Any] = {"profile": "gov", "api_key": "nv-test"}
    with pytest.raises(ConfigurationError, match="needs the kind of app"):
        ClovaXEmbeddings(model="bge-m3", api="native", **place)
    with pytest.raises(ConfigurationError, match="needs the kind of app"):
        ChatClovaX(count_tokens="service", **place).get_num_tokens("안녕")
    with pytest.raises(ConfigurationError, match="set api='openai'"):
        ClovaXEmbeddings(api="native", profile="self-hosted", base_url="http://127.0.0.1:9/v1")


def test_only_texts_can_be_embedded() -> None:
    """Said before anything is sent."""
    embeddings: Any = ClovaXEmbeddings(api_key="nv-test")
    with pytest.raises(ConfigurationError, match="text 1 is a NoneType"):
        embeddings.embed_documents(["안녕", None])


class _Own(ChatClovaX):
    """A model with fields and rules of somebody's own."""

    model_config = ConfigDict(extra="allow")
    tools: int = 3
    shop: str = Field(default="seoul", alias="branch")

    @model_validator(mode="after")
    def _not_closed(self) -> Self:
        if self.shop == "closed":
            raise ValueError("this shop is closed")
        return self


@pytest.mark.usefixtures("clovax_simulator")
def test_a_subclass_has_fields_and_rules_of_its_own() -> None:
    """Aliases, further settings, fields named as options of a call, and validators of the whole."""
    chat = _Own(branch="busan", note="x")
    assert (chat.shop, chat.note) == ("busan", "x")  # type: ignore[attr-defined]
    assert chat.bind_tools([City]).invoke("서울의 인구는?", tool_choice="City", max_tokens=1024).tool_calls
    with pytest.raises(ConfigurationError, match="this shop is closed"):
        _Own(branch="closed")


def test_profile_and_deployment_are_one_setting() -> None:
    """Two that differ are refused; LangChain's own profile stays what it is."""
    with pytest.raises(ConfigurationError, match="two names of one setting"):
        ChatClovaX(api_key="nv-test", profile="gov", deployment="public")
    assert ChatClovaX(api_key="nv-test", profile="gov", deployment="gov").deployment == "gov"
    assert ChatClovaX(api_key="nv-test", profile={"max_input_tokens": 10}).profile == {"max_input_tokens": 10}


def test_what_is_set_later_is_checked_then(server: RawServer) -> None:
    """Headers and a proxy, in whatever mapping they come."""
    chat: Any = ChatClovaX(api_key="nv-test", base_url=server.url + "/v1/openai")
    with pytest.raises(ConfigurationError, match="line break"):
        chat.default_headers = {"X-Team": "desk\n"}
    with pytest.raises(ConfigurationError, match="not an address of a proxy"):
        chat.proxy = "bad"
    chat.default_headers = MappingProxyType({"X-Team": "geheim-desk"})
    assert "geheim" not in repr(chat)
    chat.default_headers["X-More"] = "by-hand"
    chat.invoke("안녕")
    assert b"geheim-desk" in server.requests[0].head
    assert b"by-hand" in server.requests[0].head
