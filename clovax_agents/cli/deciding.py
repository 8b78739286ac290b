"""What a run asks a person, on the terminal: calls to approve one by one, anything else as a line of text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Collection

    from rich.console import Console

__all__ = ["answer_to"]


def answer_to(question: Any, console: Console) -> Any:
    """Ask the person at the terminal, and return what the interrupted run goes on with.

    Args:
        question: LangChain's ``HITLRequest``, or whatever else was given to ``interrupt``.
        console: to ask on.

    Raises:
        ConfigurationError: nobody is there to answer.
    """
    parts = as_dict(question) or {}
    requests = as_list(parts.get("action_requests"))
    try:
        if requests is None:
            return _free(question, console)
        texts = _only_texts(parts)
        return {"decisions": [_decision(as_dict(request) or {}, console, texts) for request in requests]}
    except EOFError:
        raise ConfigurationError(
            "the run asks a person, and standard input holds no answer: run it in a terminal. "
            "What it asks about was not run"
        ) from None


def _only_texts(parts: dict[str, Any]) -> frozenset[str]:
    """Return the names of the requests that can be answered with a text and nothing else."""
    configs = [as_dict(config) or {} for config in as_list(parts.get("review_configs")) or []]
    return frozenset(
        str(config.get("action_name")) for config in configs if config.get("allowed_decisions") == ["respond"]
    )


def _decision(request: dict[str, Any], console: Console, texts: Collection[str] = ()) -> dict[str, Any]:
    name, arguments = str(request.get("name")), request.get("args")
    if name in texts:
        console.print(f"\n[bold magenta]질문[/]  {escape(str(request.get('description', '')))}", soft_wrap=True)
        return {"type": "respond", "message": console.input("답: ").strip()}
    shown = json.dumps(arguments, ensure_ascii=False)
    console.print(f"\n[bold magenta]승인 필요[/]  [yellow]{escape(name)}[/] {escape(shown)}", soft_wrap=True)
    console.print(f"[dim]{escape(str(request.get('description', '')))}[/]", soft_wrap=True)
    while True:
        said = console.input("실행할까요? y 예, n 아니요, e 인자 고치기: ").strip().lower()
        if said in {"y", "yes", "예", "네"}:
            return {"type": "approve"}
        if said in {"n", "no", "아니요", "아니오"}:
            return {"type": "reject", "message": console.input("이유 (없으면 Enter): ").strip()}
        if said == "e" and (changed := _arguments(console)) is not None:
            return {"type": "edit", "edited_action": {"name": name, "args": changed}}


def _arguments(console: Console) -> dict[str, Any] | None:
    try:
        return as_dict(json.loads(console.input("새 인자 (JSON 객체): ")))
    except ValueError:
        return None


def _free(question: Any, console: Console) -> Any:
    """Read the answer as JSON, else as text."""
    shown = question if isinstance(question, str) else json.dumps(question, ensure_ascii=False, default=str)
    console.print(f"\n[bold magenta]질문[/]  {escape(shown)}", soft_wrap=True)
    said = console.input("답: ")
    try:
        return json.loads(said)
    except ValueError:
        return said
