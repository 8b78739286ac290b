"""Each rule: a tool that it is about, and one nearly like it that is fine."""

import enum
import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import StructuredTool
from pydantic import BaseModel, Field

from clovax_agents import Toolbox, ToolPolicy, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.lint import RULES, Finding, lint_tools
from clovax_agents.tooling.lint.rules import Rule

ROOT = Path(__file__).parents[4]
DATA = ROOT / "tests" / "data" / "functionchat-singlecall.jsonl"
GOOD = "주문 하나의 배송 상태를 조회합니다."
ORDER = {"order_id": {"type": "string", "description": "주문 번호. 예: ORD-20261118-0001"}}


def _definition(
    name: str = "get_delivery_status", description: str = GOOD, properties: Mapping[str, Any] = ORDER, **more: Any
) -> dict[str, Any]:
    """Return a definition that is fine but for what is given."""
    parameters = {"type": "object", "properties": dict(properties), **more}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _found(*tools: Any, ignore: tuple[str, ...] = ()) -> set[str]:
    return {finding.rule for finding in lint_tools(tools, ignore=ignore)}


def _tool(
    policy: ToolPolicy | None, name: str = "get_order", description: str = GOOD, parameter: str = "order_id"
) -> Any:
    """Return a tool of the package's with a policy."""

    def function(value: str) -> str:
        return value

    properties = {parameter: {"type": "string", "description": "예: ORD-1"}}
    made = StructuredTool.from_function(
        function, name=name, description=description, args_schema={"type": "object", "properties": properties}
    )
    return Toolbox().add(made, policy=policy)


def test_a_good_tool_has_nothing_wrong() -> None:
    """No finding at all: Korean words of the domain, snake_case, described parameters, a policy."""
    assert lint_tools([_definition()]) == []
    assert _tool(ToolPolicy(effect="read")).lint() == []


DESCRIPTIONS = {
    "none": ("", {"L01"}),
    "blank": ("  ", {"L01"}),
    "too-short": ("팁 계산", {"L02"}),
    "the-name": ("get_delivery_status", {"L03", "L04"}),
    "the-name-in-words": ("Get delivery status.", {"L03", "L04"}),
    "english": ("Look up where the parcel of an order is.", {"L04"}),
    "vague": ("데이터를 조회하는 함수입니다.", {"L05"}),
    "vague-english": ("Gets various data for the user.", {"L04", "L05"}),
    "vague-with-particles": ("요청한 정보를 검색하여 결과를 제공합니다.", {"L05"}),
    "concrete": ("오늘의 박스오피스 순위를 제공합니다", set[str]()),
    "concrete-korea": ("대한민국의 공휴일을 알려 줍니다.", set[str]()),
    "concrete-mail": ("이메일을 모두 읽어 옵니다.", set[str]()),
    "endless": (GOOD + " 배송" * 500, {"L06"}),
}


@pytest.mark.parametrize(("description", "rules"), DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_descriptions(description: str, rules: set[str]) -> None:
    """A model chooses by them: they have to name something, in the words of users."""
    assert _found(_definition(description=description)) - {"L42"} == rules


NAMES = {
    "korean": ("배송_조회", {"L10"}),
    "space": ("get order", {"L10"}),
    "too-long": ("a" * 65, {"L10"}),
    "camel": ("getDeliveryStatus", {"L11"}),
    "hyphens": ("get-delivery-status", {"L11"}),
    "generic": ("search", {"L12"}),
    "generic-pair": ("get_data", {"L12"}),
    "one-word": ("calculate", set[str]()),
}


@pytest.mark.parametrize(("name", "rules"), NAMES.values(), ids=NAMES)
def test_names(name: str, rules: set[str]) -> None:
    """What CLOVA would refuse, and what models make up other names for."""
    assert _found(_definition(name=name)) == rules


def test_a_better_name_is_proposed() -> None:
    """The message can be followed as it is."""
    (finding,) = lint_tools([_definition(name="getHTTPStatus2Codes")])
    assert "get_http_status_2_codes" in finding.message()


PAIRS = {
    "plural": ("get_order_item", "get_order_items", True),
    "one-letter": ("list_deliveries_kr", "list_deliveries_kp", True),
    "order-of-words": ("order_cancel", "cancel_order", True),
    "other-verb": ("get_order", "fetch_order", True),
    "style": ("getOrder", "get_order", True),
    "get-and-list": ("get_order", "list_orders", False),
    "other-thing": ("get_order", "get_coupon", False),
    "short": ("pay_a", "pay_b", False),
    "version": ("convert_v1_file", "convert_v2_file", False),
}


@pytest.mark.parametrize(("one", "other", "alike"), PAIRS.values(), ids=PAIRS)
def test_names_that_are_nearly_the_same(one: str, other: str, alike: bool) -> None:  # noqa: FBT001
    """Models mix them up; the message names the other one."""
    texts = ("주문의 배송 상태를 조회합니다.", "쿠폰을 새로 발급하는 도구로, 회원이 부탁할 때 씁니다.")
    found = lint_tools([_definition(one, texts[0]), _definition(other, texts[1])])
    named = [finding for finding in found if finding.rule == "L13"]
    assert [(finding.tool, finding.values["other"]) for finding in named] == ([(other, one)] if alike else [])


def test_descriptions_that_are_nearly_the_same() -> None:
    """Two tools that say the same cannot be chosen between."""
    one = _definition("get_order", "주문 번호로 주문의 상태와 금액을 조회합니다.")
    near = _definition("track_parcel", "주문 번호로 주문의 상태와 금액을 조회합니다!")
    far = _definition("cancel_coupon", "쿠폰 번호로 쿠폰을 취소합니다.")
    found = [finding for finding in lint_tools([one, near, far]) if finding.rule == "L14"]
    assert [(finding.tool, finding.values["other"]) for finding in found] == [("track_parcel", "get_order")]


PARAMETERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "undescribed": ({"type": "string"}, {"L20"}),
    "only-a-default": ({"type": "string", "default": "KRW"}, {"L20"}),
    "the-name": ({"type": "string", "description": "Value"}, {"L21"}),
    "or-null": ({"anyOf": [{"type": "string"}, {"type": "null"}], "description": "예: 1"}, {"L24"}),
    "or-null-in-a-list": ({"type": ["string", "null"], "description": "예: 1"}, {"L24"}),
    "or-null-of-openapi": ({"type": "string", "nullable": True, "description": "예: 1"}, {"L24"}),
    "long-enum": ({"enum": [f"값{n}" for n in range(21)], "description": "예: 값1"}, {"L25"}),
    "short-enum": ({"enum": [f"값{n}" for n in range(20)], "description": "예: 값1"}, set()),
    "long-enum-inside": ({"type": "array", "items": {"enum": list(range(30))}, "description": "예: 1"}, {"L25"}),
    "nested": ({"type": "object", "properties": {"city": {"type": "string"}}, "description": "주소"}, {"L26"}),
    "list-of-objects": (
        {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}, "description": "항목"},
        {"L26"},
    ),
    "list-of-texts": ({"type": "array", "items": {"type": "string"}, "description": "번호들"}, set()),
    "anything": ({"description": "아무거나"}, {"L27"}),
    "open-object": ({"type": "object", "description": "조건"}, {"L27"}),
    "list-of-anything": ({"type": "array", "description": "항목"}, {"L27"}),
    "pattern": ({"type": "string", "pattern": "^ORD-", "description": "예: ORD-1"}, {"L31"}),
    "length": ({"type": "string", "minLength": 2, "maxLength": 9, "description": "예: ORD-1"}, {"L31"}),
    "bounds": ({"type": "integer", "minimum": 1, "maximum": 9, "description": "개수"}, set()),
}


@pytest.mark.parametrize(("schema", "rules"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters(schema: dict[str, Any], rules: set[str]) -> None:
    """What makes wrong arguments, told at the parameter."""
    found = lint_tools([_definition(properties={"value": schema})])
    assert {finding.rule for finding in found} - {"L22"} == rules
    assert {finding.parameter for finding in found} == {"value"}


@pytest.mark.parametrize("name", ["x", "arg", "data", "payload", "value"])
def test_parameters_whose_names_say_nothing(name: str) -> None:
    """A name is read, too."""
    assert _found(_definition(properties={name: ORDER["order_id"]})) == {"L22"}


def test_how_deep_is_said() -> None:
    """Objects in objects are counted, through references, lists and alternatives."""
    inner = {"type": "object", "properties": {"a": {"type": "string"}}}
    outer = {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/Inner"}, {"type": "string"}]}}
    schema = {"type": "object", "properties": {"b": outer}, "description": "예: 1"}
    (finding,) = lint_tools([_definition(properties={"filter": schema}, **{"$defs": {"Inner": inner}})])
    assert (finding.rule, finding.values["depth"]) == ("L26", 2)


REFUSED = {
    "recursion": {"$ref": "#/$defs/Node", "$defs": {"Node": {"properties": {"next": {"$ref": "#/$defs/Node"}}}}},
    "remote": {"properties": {"a": {"$ref": "https://example.com/a.json"}}},
    "no-object": {"type": "array", "items": {"type": "string"}},
    "contradiction": {"properties": {"a": {"type": "string", "enum": [1]}}, "required": ["a"]},
}


@pytest.mark.parametrize("schema", REFUSED.values(), ids=REFUSED)
def test_schemas_that_cannot_be_sent(schema: dict[str, Any]) -> None:
    """The error that the model would raise comes before there is a model."""
    definition: dict[str, Any] = {"name": "get_order", "description": GOOD, "parameters": schema}
    (finding,) = lint_tools([definition])
    assert (finding.rule, finding.severity) == ("L30", "error")
    assert "get_order" in finding.message()


def test_many_parameters_and_many_tools() -> None:
    """More than a model keeps apart, and more than the limit of a minute has room for."""
    many = {f"field_{n}": {"type": "string", "description": f"{n}번째 항목"} for n in range(9)}
    assert _found(_definition(properties=many)) == {"L23"}
    words = ["사과", "배", "포도", "수박", "참외", "딸기", "감귤", "복숭아", "자두", "살구", "매실", "앵두"]
    tools = [_definition(f"get_{n}_price", f"{words[n % 12] * 9}와 {words[n // 12] * 9}의 값") for n in range(21)]
    assert "L40" in _found(*tools)
    assert "L40" not in _found(*tools[:20])
    heavy = [_definition(f"get_{n}_price", f"{words[n]} " * 300) for n in range(12)]
    (finding,) = [finding for finding in lint_tools(heavy) if finding.rule == "L41"]
    assert finding.place == ""
    assert finding.values["requests"] == 60_000 // (finding.values["tokens"] + 1024)
    assert "L42" in _found(_definition(description="주문 " * 600))


READ, ONCE = ToolPolicy(effect="read"), ToolPolicy(effect="once")
ASKED = ToolPolicy(effect="once", approval=True, labels=frozenset({"exfiltration"}))
POLICIES: dict[str, tuple[Any, set[str]]] = {
    "write-without-policy": (_tool(None, "create_coupon", "쿠폰을 새로 생성합니다."), {"L50"}),
    "write-by-description": (_tool(None, "coupon_of_user", "쿠폰을 새로 등록합니다."), {"L50"}),
    "write-with-policy": (_tool(ONCE, "create_coupon", "쿠폰을 새로 생성합니다."), set()),
    "read-without-policy": (_tool(None), {"L51"}),
    "read-once": (_tool(ONCE, "order_status", "주문 내역을 조회합니다."), {"L51"}),
    "read-of-refunds": (_tool(READ, "refund_history", "환불 내역을 조회합니다."), set()),
    "write-as-read": (_tool(READ, "cancel_order", "주문을 취소합니다."), {"L52"}),
    "write-as-read-by-description": (_tool(READ, "order_stop", "주문을 취소합니다."), {"L52"}),
    "pays": (_tool(ONCE, "pay_order", "주문을 결제합니다."), {"L53"}),
    "refunds-by-description": (_tool(ONCE, "order_money_back", "주문 금액을 환불합니다."), {"L53"}),
    "deletes": (_tool(ToolPolicy(effect="idempotent"), "delete_order", "주문을 삭제합니다."), {"L53"}),
    "deletes-behind-a-prefix": (_tool(READ, "shop_delete_order", "Order 주문: gone for good."), {"L52"}),
    "reads-behind-a-prefix": (_tool(ONCE, "shop_get_order", "Order 주문: its details."), {"L51"}),
    "noun-behind-a-prefix": (_tool(READ, "shop_order", "Order 주문: its details."), set()),
    "sends": (_tool(ToolPolicy(approval=True), "send_mail", "고객에게 메일을 보냅니다."), {"L55"}),
    "sends-asked": (_tool(ASKED, "send_mail", "고객에게 메일을 보냅니다."), set()),
    "sends-without-anything": (_tool(None, "send_mail", "고객에게 메일을 보냅니다."), {"L50", "L53", "L55"}),
    "fetches": (_tool(READ, "read_page", "뉴스 기사의 본문을 읽습니다.", "url"), {"L54"}),
    "fetches-by-name": (_tool(READ, "crawl_news", "뉴스 기사의 본문을 모읍니다."), {"L54"}),
    "fetches-labelled": (
        _tool(
            ToolPolicy(effect="read", labels=frozenset({"untrusted_input", "exfiltration"})),
            "read_page",
            "뉴스 기사의 본문을 읽습니다.",
            "url",
        ),
        set(),
    ),
    "persons": (_tool(READ, "get_customer", "단골의 등급을 조회합니다."), {"L56"}),
    "memory-of-a-thread": (_tool(ToolPolicy(effect="read", memory=1 << 28)), {"L57"}),
    "backoff-without-retries": (_tool(ToolPolicy(effect="read", backoff=2)), {"L57"}),
    "group-without-cap": (_tool(ToolPolicy(effect="read", group="crm")), {"L57"}),
    "process-for-ever": (_tool(ToolPolicy(effect="read", runs_in="process", timeout=math.inf)), {"L57"}),
    "rate-of-an-hour": (_tool(ToolPolicy(effect="read", rate_limit="10/hour")), {"L58"}),
    "rate-of-a-minute": (_tool(ToolPolicy(effect="read", rate_limit="10/min")), set()),
}


@pytest.mark.parametrize(("box", "rules"), POLICIES.values(), ids=POLICIES)
def test_policies(box: Toolbox, rules: set[str]) -> None:
    """What a tool seems to do, against what its policy lets happen to its calls."""
    assert {finding.rule for finding in box.lint()} == rules


def test_a_policy_that_says_the_default_is_said() -> None:
    """ToolPolicy() is an answer; none at all is not, whoever made the tool."""

    def create_coupon(order_id: str) -> str:
        """쿠폰을 새로 생성합니다.

        Args:
            order_id: 주문 번호. 예: ORD-1
        """
        return order_id

    assert _found(tool(create_coupon)) == {"L50"}
    assert _found(create_coupon) == {"L50"}
    assert _found(tool(policy=ToolPolicy())(create_coupon)) == set()
    assert {finding.rule for finding in Toolbox(create_coupon).lint()} == {"L50"}
    assert Toolbox().add(create_coupon, policy=ToolPolicy()).lint() == []


def test_python_tools_are_read_as_they_are_sent() -> None:
    """Enums, models and injected values: what the model sees counts, and nothing else."""

    class Colour(enum.Enum):
        RED = "빨강"
        BLUE = "파랑"

    class Address(BaseModel):
        city: str = Field(description="시")

    @tool(policy=ToolPolicy(effect="idempotent"))
    def set_delivery(
        colour: Annotated[Colour, Field(description="상자 색")],
        address: Annotated[Address, Field(description="받는 곳")],
        kind: Annotated[Literal["새벽", "당일"], Field(description="배송 종류")],
        note: Annotated[str | None, Field(description="기사에게 전할 말")] = None,
    ) -> str:
        """주문의 배송 방법을 변경합니다."""
        return f"{colour}{address}{kind}{note}"

    found = {(finding.rule, finding.parameter) for finding in lint_tools([set_delivery])}
    assert found == {("L26", "address"), ("L24", "note")}


def test_what_is_ignored_is_not_said() -> None:
    """A rule everywhere, of a tool, of a parameter; a rule that does not exist is an error."""
    tools = [
        _definition("search", properties={"x": {"type": "string"}}),
        _definition("getOrder", "쿠폰을 새로 발급합니다."),
    ]
    assert _found(*tools) == {"L12", "L20", "L22", "L11"}
    assert _found(*tools, ignore=("L12", "search:L22", "search.x:L20")) == {"L11"}
    assert _found(*tools, ignore=("getOrder:L12", "search.y:L20")) == {"L12", "L20", "L22", "L11"}
    for wrong in ("L99", "search", "search:L1"):
        with pytest.raises(ConfigurationError, match="there is no rule"):
            lint_tools(tools, ignore=[wrong])


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_says_the_same_in_both_languages(rule: Rule) -> None:
    """English and Korean name the same values, and the Korean one is Korean."""
    names = [set(re.findall(r"{(\w+)", text)) for text in (rule.english, rule.korean)]
    assert names[0] == names[1]
    assert re.search("[가-힣]", rule.korean)
    assert rule.severity in {"error", "warning", "hint"}


def test_every_rule_is_tested() -> None:
    """Each id stands in this file besides the table of rules."""
    here = Path(__file__).read_text(encoding="utf-8")
    assert {rule for rule in RULES if f'"{rule}"' not in here} == set()


def test_a_finding_tells_itself() -> None:
    """As a line, as JSON, in either language."""
    finding = Finding("L20", "get_order", "order_id")
    assert str(finding).startswith("get_order.order_id: L20 the parameter has no description")
    assert finding.as_dict("ko") == {
        "rule": "L20",
        "severity": "warning",
        "tool": "get_order",
        "parameter": "order_id",
        "message": RULES["L20"].korean,
    }


def test_the_tools_of_the_application_are_clean() -> None:
    """The tools that users copy have neither an error nor a warning."""
    found = Toolbox.from_path(ROOT / "tools").lint()
    assert [str(finding) for finding in found if finding.severity != "hint"] == []


def test_real_korean_tools_are_not_all_wrong() -> None:
    """Of 120 schemas that nobody wrote for this: no error, hardly a warning; what is said of most is their style."""
    lines = DATA.read_text(encoding="utf-8").splitlines()
    tools = {json.dumps(one): one for line in lines for part in json.loads(line)["tools"] for one in part["content"]}
    found = [finding for one in tools.values() for finding in lint_tools([one])]
    assert len(tools) == 120
    assert [str(finding) for finding in found if finding.severity == "error"] == []
    assert {finding.tool for finding in found if finding.severity == "warning"} == {"calculate_tip"}
    assert sum(finding.rule == "L11" for finding in found) == 55


def test_a_thousand_tools_and_a_long_description_are_read() -> None:
    """Pairs are not compared with one another, so that a large box is checked, too."""
    tools = [
        _definition(f"get_{n:b}_thing".replace("0", "a").replace("1", "b"), f"{n}번 물건의 값을 조회합니다.")
        for n in range(1000)
    ]
    assert "L40" in _found(*tools)
    assert "L06" in _found(_definition(description="주문 " * 500_000))


SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {}, optional={"type": st.sampled_from(["string", "integer", "null"]), "description": st.text()}
    ),
    lambda child: st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": child}),
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(st.text(max_size=5), child, max_size=3)}
        ),
        st.fixed_dictionaries({"anyOf": st.lists(child, min_size=1, max_size=3)}),
    ),
    max_leaves=8,
)


@given(st.text(max_size=70), st.text(max_size=80), st.dictionaries(st.text(max_size=8), SCHEMAS, max_size=3))
def test_any_definition_is_read(name: str, description: str, properties: dict[str, Any]) -> None:
    """Whatever a server of somebody else's sends, there are messages in both languages and no exception."""
    for finding in lint_tools([_definition(name, description, properties)]):
        assert finding.message("en")
        assert finding.message("ko")


def test_functions_of_any_kind_are_taken() -> None:
    """A list may hold functions; what cannot become a tool says so itself."""
    functions: list[Callable[..., Any]] = [lambda: None]
    with pytest.raises(ConfigurationError):
        lint_tools(functions)
