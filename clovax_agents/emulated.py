"""Tool calling by prompt, for models and modes that have none: first the names, then the arguments of each tool.

Used for tuned models, HCX-003, thinking HCX-007, images together with tools, and where one of several tools must be
called. A name that is not bound is dropped, arguments are strict JSON that fits the tool's schema, and what is wrong
is asked for again, twice at most: the calls that come out are as good as native ones, at the price of more requests.

A plan is a generator: it says what to ask the model, is sent the replies, and returns a `Choice`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from clovax_agents.checking import Checked
from clovax_agents.client.nesting import captured, changed
from clovax_agents.client.ops import Deliver
from clovax_agents.errors import InvalidArgumentsError, InvalidResponseError
from clovax_agents.histories import in_words, joined
from clovax_agents.replies import fresh_id
from clovax_agents.wire.arguments import parse_arguments, unfenced
from clovax_agents.wire.neutral import Delta, RawCall, Reply, Turn, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from clovax_agents.client.ops import Flow
    from clovax_agents.wire.neutral import Request, ToolSpec

__all__ = ["Choice", "choose", "emulate"]

T = TypeVar("T", Reply, Delta)

_REASKS: Final = 2
_MOST_CALLS: Final = 16
_NAMES: Final = """\
당신은 아래 도구를 쓸 수 있습니다. 지금까지의 대화에 이어, 다음에 호출할 도구를 고르세요.

{tools}

규칙:
- 목록에 있는 이름만 쓰세요.
- {rule}
- 설명 없이 JSON 객체 하나만 답하세요: {{"tools": ["도구 이름", ...]}}"""
_OPTIONAL: Final = '이미 답할 수 있거나 알맞은 도구가 없으면 {"tools": []}로 답하세요.'
_REQUIRED: Final = "반드시 하나 이상 고르세요."
_ARGUMENTS: Final = """\
지금까지의 대화에 이어 도구 `{name}`을(를) 호출합니다: {description}

인자의 JSON 스키마:
{schema}

대화에 나온 값으로 인자를 채우세요. 여러 번 호출해야 하면 호출마다 객체를 하나씩 쓰세요.
설명 없이 JSON 객체 하나만 답하세요: {{"calls": [{{...인자...}}, ...]}}"""
_WRONG: Final = "잘못된 답입니다: {error}. 고쳐서 JSON 객체 하나만 다시 답하세요."


@dataclass(slots=True)
class Choice:
    """What a plan comes to.

    Attributes:
        calls: of tools, ready to be run; empty if there are none.
        answer: the request whose reply is the answer, streamed or not, if there are no calls.
        spent: usage of the requests of the plan.
        thinking: of the model while it chose.
        last: the reply that ended the plan, for its id and model.
    """

    calls: list[RawCall]
    answer: Request | None
    spent: Usage
    thinking: str
    last: Reply

    def reply(self) -> Reply:
        """Return the calls as a reply."""
        last = self.last
        return Reply(
            "", self.thinking, self.calls, "tool_calls", self.spent, last.id, last.model, last.seed, last.ai_filter
        )


def choose(
    request: Request, tools: Sequence[ToolSpec], choice: str | None, *, required: bool, schemas: bool
) -> Generator[Request, Reply, Choice]:
    """Plan the tool calls of one turn.

    Args:
        request: without tools; its history may hold calls and their results, which are told in words.
        tools: to choose from.
        choice: None or "auto", "none", or the one tool to call behind "name:".
        required: whether some tool has to be called.
        schemas: whether the model can be held to a JSON schema when it does not think.

    Raises:
        InvalidResponseError: of the plan, if a call was required and none came, or arguments never fit.
    """
    return _Plan(replace(request, turns=in_words(request.turns)), tools, schemas=schemas).run(choice, required=required)


def emulate(
    plan: Generator[Request, Reply, Choice],
    ask: Callable[[Request], Flow[Reply]],
    answer: Callable[[Request], Flow[T]],
    said: Callable[[Choice], T],
) -> Flow[T]:
    """Carry out a plan as one flow: ask what it asks for, then deliver its calls, or the answer.

    Args:
        plan: of `choose`.
        ask: begins a request of the plan.
        answer: begins the request for the answer.
        said: turns a choice that has calls into what is delivered.
    """
    reply: Reply | None = None
    while True:
        try:
            request = next(plan) if reply is None else plan.send(reply)
        except StopIteration as stop:
            choice: Choice = stop.value
            break
        (reply,) = yield from captured(ask(request))
    if choice.answer is None:
        yield Deliver(said(choice))
    else:
        yield from changed(answer(choice.answer), _with_costs(choice))


def _with_costs(choice: Choice) -> Callable[[T], T]:
    """Return what adds the costs of a choice to the usage of its answer, and its thinking to the first piece."""
    thinking = [choice.thinking] if choice.thinking else []

    def add(piece: T) -> T:
        if thinking:
            piece.thinking = "\n\n".join(filter(None, [thinking.pop(), piece.thinking]))
        if piece.usage:
            piece.usage = piece.usage + choice.spent
        return piece

    return add


class _Plan:
    """One turn: what has been asked, and what it cost."""

    def __init__(self, request: Request, tools: Sequence[ToolSpec], *, schemas: bool) -> None:
        self._request = replace(request, stream=False)
        self._streamed = request.stream
        self._tools = {tool.name: tool for tool in tools}
        self._schemas = schemas
        self._spent = Usage(0, 0, 0)
        self._thinking: list[str] = []
        self._last = Reply()

    def run(self, choice: str | None, *, required: bool) -> Generator[Request, Reply, Choice]:
        """Choose names, then ask for the arguments of each."""
        if choice == "none":
            return self._result([])
        names = [choice.removeprefix("name:")] if choice and choice.startswith("name:") else None
        names = names or (yield from self._names(required=required))
        calls: list[RawCall] = []
        for name in names:
            calls += yield from self._arguments(self._tools[name])
        return self._result(calls[:_MOST_CALLS])

    def _names(self, *, required: bool) -> Generator[Request, Reply, list[str]]:
        tools = "\n".join(f"- {tool.name}: {tool.description}" for tool in self._tools.values())
        prompt = _NAMES.format(tools=tools, rule=_REQUIRED if required else _OPTIONAL)
        names = {"type": "array", "items": {"type": "string", "enum": list(self._tools)}}
        form = {"type": "object", "properties": {"tools": names}, "required": ["tools"]}
        chosen = yield from self._asked(
            prompt, form, lambda answer: self._known(answer, required=required), constrained=False
        )
        return chosen or []

    def _known(self, answer: dict[str, Any], *, required: bool) -> list[str]:
        """Return the names that exist; a name that does not is dropped, unless nothing is left where one is needed."""
        found = answer.get("tools")
        if not isinstance(found, list):
            raise InvalidArgumentsError('"tools"는 이름의 배열이어야 합니다')
        names = [str(name) for name in cast("list[object]", found)]
        known = [name for name in dict.fromkeys(names) if name in self._tools]
        if not known and (names or required):
            raise InvalidArgumentsError(f"쓸 수 있는 이름은 {', '.join(self._tools)}뿐입니다")
        return known

    def _arguments(self, tool: ToolSpec) -> Generator[Request, Reply, list[RawCall]]:
        schema = json.dumps(tool.parameters, ensure_ascii=False)
        prompt = _ARGUMENTS.format(name=tool.name, description=tool.description, schema=schema)
        form = {"type": "object", "properties": {"calls": {"type": "array", "items": tool.parameters}}}
        check = Checked(tool.original or tool.parameters)
        calls = yield from self._asked(prompt, {**form, "required": ["calls"]}, lambda answer: _objects(answer, check))
        return [RawCall(fresh_id(), tool.name, json.dumps(call, ensure_ascii=False)) for call in calls]

    def _asked(
        self, prompt: str, form: dict[str, Any], read: Callable[[dict[str, Any]], Any], *, constrained: bool = True
    ) -> Generator[Request, Reply, Any]:
        """Ask until the answer can be read; ``constrained`` says whether it matters more than thinking."""
        turns = [*self._request.turns, Turn("user", prompt)]
        failure = ""
        for _ in range(_REASKS + 1):
            reply = self._taken((yield self._question(turns, form, constrained=constrained)))
            try:
                return read(dict(parse_arguments(unfenced(reply.content))))
            except InvalidArgumentsError as error:
                failure = str(error)
                turns += [Turn("assistant", reply.content), Turn("user", _WRONG.format(error=failure))]
        raise InvalidResponseError(f"the model did not answer as asked, {_REASKS + 1} times: {failure}")

    def _question(self, turns: list[Turn], form: dict[str, Any], *, constrained: bool) -> Request:
        """Return the request; a model that can be is held to the form, for which it must not think."""
        request = replace(self._request, turns=joined(turns), stop=())
        thinks = request.effort not in {None, "none"}
        if self._schemas and (constrained or not thinks):
            return replace(request, response_schema=form, effort="none")
        return request

    def _taken(self, reply: Reply) -> Reply:
        """Count what a reply cost, and keep what the model thought."""
        if reply.usage:
            self._spent = self._spent + reply.usage
        self._thinking += [reply.thinking] if reply.thinking else []
        self._last = reply
        return reply

    def _result(self, calls: list[RawCall]) -> Choice:
        answer = None if calls else replace(self._request, stream=self._streamed)
        return Choice(calls, answer, self._spent, "\n\n".join(self._thinking), self._last)


def _objects(answer: dict[str, Any], check: Checked) -> list[dict[str, Any]]:
    found = answer.get("calls")
    calls = cast("list[object]", found) if isinstance(found, list) else []
    if not calls or not all(isinstance(call, dict) for call in calls):
        raise InvalidArgumentsError('"calls"는 인자 객체가 하나 이상 든 배열이어야 합니다')
    return [check(cast("dict[str, Any]", call)) for call in calls]
