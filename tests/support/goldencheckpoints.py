"""Values whose bytes are kept for ever in tests/data/checkpoints: what was stored once can be read (G09).

Run it to write the file of a format that has none yet; files that are there are never written over.
"""

import base64
import json
from collections import deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Command, Interrupt, Overwrite, Send, TimeoutPolicy
from pydantic import BaseModel

from clovax_agents.checkpoints import MessageSerializer
from clovax_agents.checkpoints.envelope import FORMAT
from clovax_agents.replies import ClovaXMessageChunk

FOLDER: Final = Path(__file__).parents[1] / "data" / "checkpoints"
KEY: Final = b"a key of the golden files"


class Item(BaseModel):
    """A registered model."""

    number: int
    price: Decimal


@dataclass
class Order:
    """A registered dataclass."""

    items: list[Item]


class Pair(NamedTuple):
    """A registered named tuple."""

    a: int
    b: str


class Colour(Enum):
    """A registered enum."""

    RED = "red"


ALLOW: Final = {"item": Item, "order": Order, "pair": Pair, "colour": Colour}

MESSAGES: Final = [
    SystemMessage("너는 상담원이다.", id="s"),
    HumanMessage([{"type": "text", "text": "환불"}, "해 줘"], id="h", name="민수"),
    AIMessage(
        "",
        id="a",
        tool_calls=[{"name": "refund", "args": {"order": 7, "amount": 1.5}, "id": "c1"}],
        invalid_tool_calls=[{"name": "x", "args": "{", "id": "c2", "error": "cut", "type": "invalid_tool_call"}],
        usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
        response_metadata={"finish_reason": "tool_calls", "model_name": "HCX-007"},
        additional_kwargs={"thinking_content": "음"},
    ),
    ToolMessage("취소", tool_call_id="c1", id="t", status="error", artifact={"raw": [b"\x00", [1, 2]]}),
    AIMessage("끝", id="a2"),
]

SHARED: Final[dict[str, Any]] = {
    "none": None,
    "plain": {"a": [1, -2.5, True, None, "가👋"], "b": {"c": b"\x00\xff"}},
    "int_keys": {1: "a", 2: {3: "b"}},
    "messages": MESSAGES,
    "ai_chunk": AIMessageChunk("조각", id="k"),
    "our_chunk": ClovaXMessageChunk("조각", id="k"),
    "chat": ChatMessage("x", role="r", id="1"),
    "function": FunctionMessage("x", name="f", id="1"),
    "remove": RemoveMessage(id="1"),
    "document": Document("본문", id="d", metadata={"page": 1}),
    "set": {1, "a"},
    "frozenset": frozenset({1}),
    "utc": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    "date": date(2026, 1, 2),
    "time": time(1, 2, 3, tzinfo=UTC),
    "timedelta": timedelta(days=-1, microseconds=1),
    "zone": ZoneInfo("Asia/Seoul"),
    "decimal": Decimal("1.20"),
    "uuid": UUID(int=7),
    "path": Path("a/b"),
    "send": Send("tools", {"messages": MESSAGES[:2]}, timeout=TimeoutPolicy(run_timeout=2.0)),
    "command": Command(update={"a": 1}, goto="x", graph=Command.PARENT),
    "interrupt": Interrupt({"q": 1}, id="i", response_schema={"type": "object"}),
    "overwrite": Overwrite([1]),
    "approvals": {"a:c1": {"tool": "refund", "arguments": "ab", "decision": "asked", "user": None, "expires": 0.0}},
    "checkpoint": {
        "v": 4,
        "ts": "2026-01-02T03:04:05+00:00",
        "id": "1f0",
        "channel_values": {"messages": MESSAGES, "approvals": {}, "branch:to:model": None},
        "channel_versions": {"messages": "00000000000000000000000000000003.0.5"},
        "versions_seen": {"__input__": {}, "model": {"branch:to:model": "2"}},
        "updated_channels": ["messages"],
    },
    "item": Item(number=1, price=Decimal("9.90")),
    "colour": Colour.RED,
}
"""What LangGraph's own serializer keeps as it is, too."""

OURS: Final[dict[str, Any]] = {
    **SHARED,
    "tuple": (1, ("a",)),
    "deque": deque([1, 2], maxlen=3),
    "large_int": 2**80,
    "half_character": {"a": "\ud83d"},
    "odd_keys": {(1, 2): "a", None: "b"},
    "seoul": datetime(2026, 1, 2, tzinfo=ZoneInfo("Asia/Seoul")),
    "interrupts": (Interrupt("a", id="1"),),
    "order": Order([Item(number=1, price=Decimal(1))]),
    "pair": Pair(1, "b"),
}


def golden(name: str) -> dict[str, tuple[str, bytes]]:
    """Return what is in a file of the folder: tags and bytes by the names of the values."""
    stored: dict[str, list[str]] = json.loads((FOLDER / name).read_text())
    return {key: (tag, base64.b64decode(data)) for key, (tag, data) in stored.items()}


def _write(name: str, serde: Any, values: dict[str, Any]) -> None:
    stored = {key: serde.dumps_typed(value) for key, value in values.items()}
    texts = {key: [tag, base64.b64encode(data).decode()] for key, (tag, data) in stored.items()}
    with (FOLDER / name).open("x") as file:
        file.write(json.dumps(texts, indent=1) + "\n")


def main() -> None:
    """Write what is not there yet."""
    _write(f"format-{FORMAT}.json", MessageSerializer(allow=ALLOW), OURS)
    _write(f"format-{FORMAT}-signed.json", MessageSerializer(allow=ALLOW, key=KEY), OURS)
    if not (FOLDER / "langgraph-checkpoint-4.3.json").exists():
        _write("langgraph-checkpoint-4.3.json", JsonPlusSerializer(), SHARED)


if __name__ == "__main__":
    main()
