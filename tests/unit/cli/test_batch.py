"""``clovax batch`` as a person meets it: every question has one answer, however often the batch is interrupted."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from langgraph.checkpoint.memory import InMemorySaver

from clovax_agents.cli.batching.ledger import open_ledger
from clovax_agents.cli.batching.questions import Question
from clovax_agents.cli.batching.running import Asking
from clovax_agents.client.paces import LEAST_URGENT, Pace
from clovax_agents.pacing import Limit, Pacer
from clovax_agents.prebuilt.react import graph as example
from clovax_agents.simulator import BrainError, BrainReply, ChatRequest, RuleBrain
from clovax_agents.testing import LoopbackSimulator

SUM = "(1+2)*3은 얼마야?"
DELIVERY = "주문 ORD-20261118-0001 배송은 어디까지 왔어?"
CANCEL = "주문 ORD-20261120-0001을 단순 변심으로 취소해줘"


@dataclass
class Moody:
    """A brain that fails for what it dislikes, and remembers what it was asked."""

    dislikes: str = ""
    code: tuple[int, str] = (400, "40001")
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer by rules, or fail."""
        said = tuple(message.text for message in request.messages if message.role == "user")
        self.asked.append(said)
        if self.dislikes and self.dislikes in said[-1]:
            return BrainReply(error=BrainError(*self.code, "no"))
        return RuleBrain().reply(request)


@dataclass
class Desk:
    """A batch in a folder of its own, on a simulator that tells what it was asked."""

    folder: Path
    run: Callable[..., Result]
    brain: Moody

    def ask(self, *lines: Any, options: tuple[str, ...] = ()) -> Result:
        """Write the questions, if there are any, and run the batch."""
        path = self.folder / "q.jsonl"
        if lines:
            texts = [
                line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines
            ]
            path.write_bytes(b"\n".join(texts) + b"\n")
        out = str(self.folder / "a.jsonl")
        return self.run("batch", str(path), "--out", out, "--graph", "react", *options)

    @property
    def answers(self) -> dict[str, dict[str, Any]]:
        """By id; one that is there twice fails."""
        lines = [json.loads(line) for line in (self.folder / "a.jsonl").read_text(encoding="utf-8").splitlines()]
        found = {line["id"]: line for line in lines}
        assert len(found) == len(lines)
        return found


@pytest.fixture
def desk(
    clovax: Callable[..., Result],
    clovax_loopback: LoopbackSimulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    """Return a batch without questions."""
    monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-simulated")
    monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", clovax_loopback.base_url)
    brain = Moody()
    with clovax_loopback.using(brain):
        yield Desk(tmp_path, clovax, brain)


def _said(done: Result) -> str:
    """Return an error without the line ends of the terminal."""
    return " ".join(done.stderr.split())


def test_every_question_gets_its_answer_and_costs_are_told(desk: Desk) -> None:
    """Texts and objects; without a terminal there is a line for each; a second run asks nothing."""
    done = desk.ask(SUM, {"id": "배송", "messages": [{"role": "user", "content": DELIVERY}]})
    assert done.exit_code == 0, done.output
    assert "9" in desk.answers["1"]["answer"]
    assert "배송중" in desk.answers["배송"]["answer"]
    assert desk.answers["배송"]["thread"] == "q-배송"
    assert "2/2 " in done.stderr
    assert "2 of 2 answered, 0 failed" in done.stdout
    asked, before = len(desk.brain.asked), (desk.folder / "a.jsonl").read_bytes()
    again = desk.ask(options=("--json",))
    told = json.loads(again.stdout)
    assert (told["answered"], told["tokens"] > 1000, told["cost"] > 1) == (2, True, True)
    assert len(desk.brain.asked) == asked
    assert (desk.folder / "a.jsonl").read_bytes() == before


@pytest.mark.parametrize("left", [0, 1, -1, -40], ids=["all", "nearly all", "the line feed", "half a line"])
def test_what_is_missing_of_the_answers_is_added_and_not_asked(desk: Desk, left: int) -> None:
    """A process may be killed before, while and after a line is written."""
    desk.ask(SUM, "안녕하세요")
    path, asked = desk.folder / "a.jsonl", len(desk.brain.asked)
    before = path.read_bytes()
    path.write_bytes(before[:left])
    done = desk.ask()
    assert done.exit_code == 0, done.output
    assert path.read_bytes() == before
    assert len(desk.brain.asked) == asked


def test_a_call_that_needs_a_person_waits_for_a_chat(desk: Desk) -> None:
    """It is not run; the chat goes on with its thread; then the answer is there, once."""
    done = desk.ask(CANCEL, SUM)
    assert done.exit_code == 3
    assert desk.answers["1"]["status"] == "needs_person"
    assert desk.answers["1"]["asks"][0]["action_requests"][0]["name"] == "cancel_order"
    assert "--thread q-1, then /resume" in " ".join(done.stdout.split())
    still = desk.ask()
    assert still.exit_code == 3
    assert len(desk.answers) == 2
    db = str(desk.folder / "a.sqlite")
    talked = desk.run("chat", "--db", db, "--thread", "q-1", text="/resume\ny\n")
    assert '"cancelled": true' in talked.stdout
    asked = len(desk.brain.asked)
    after = desk.ask(options=("--lang", "ko"))
    assert after.exit_code == 0
    assert "질문 2개 중 답변 2" in after.stdout
    assert desk.answers["1"]["status"] == "answered"
    assert "ORD-20261120-0001" in desk.answers["1"]["answer"]
    assert len(desk.brain.asked) == asked


def test_a_question_that_fails_does_not_stop_the_others_and_can_be_tried_again(desk: Desk) -> None:
    """It is told what went wrong; without --retry-failed it is left alone."""
    desk.brain.dislikes = "배송"
    done = desk.ask(DELIVERY, SUM)
    assert done.exit_code == 3
    assert (desk.answers["1"]["status"], desk.answers["2"]["status"]) == ("failed", "answered")
    assert "40001" in desk.answers["1"]["error"]
    assert "--retry-failed" in done.stdout
    desk.brain.dislikes, asked = "", len(desk.brain.asked)
    assert desk.ask().exit_code == 3
    assert len(desk.brain.asked) == asked
    assert desk.ask(options=("--retry-failed",)).exit_code == 0
    assert desk.answers["1"]["status"] == "answered"
    assert all(said[0] == DELIVERY for said in desk.brain.asked[asked:])


def test_questions_of_a_thread_are_asked_in_their_order(desk: Desk) -> None:
    """Each sees those before it; after one that failed, the others wait."""
    first, second = {"id": "a", "thread": "t", "question": SUM}, {"id": "b", "thread": "t", "question": "안녕하세요"}
    desk.brain.dislikes = SUM
    done = desk.ask(first, second)
    assert "1 not asked" in done.stdout
    assert list(desk.answers) == ["a"]
    desk.brain.dislikes = ""
    assert desk.ask(options=("--retry-failed",)).exit_code == 0
    assert list(desk.answers) == ["a", "b"]
    assert desk.brain.asked[-1] == (SUM, "안녕하세요")


def test_a_key_that_is_refused_ends_the_batch(desk: Desk) -> None:
    """Every question would meet it: none is marked as failed, and the next run begins with all of them."""
    desk.brain.dislikes, desk.brain.code = SUM, (401, "40101")
    done = desk.ask(SUM, "안녕하세요", options=("--concurrency", "1"))
    assert done.exit_code == 1
    assert (desk.folder / "a.jsonl").read_bytes() == b""
    desk.brain.dislikes = ""
    assert desk.ask().exit_code == 0


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([b'"a"', b'"b'], "q.jsonl:2 is not JSON"),
        ([b'{"q": 1}'], "q.jsonl:1 is no question"),
        ([b'{"messages": ["a"]}'], "q.jsonl:1 is no question"),
        ([b'{"id": 1, "question": "a"}', b'{"id": "1", "question": "b"}'], "more than one question with the id 1"),
        ([b" "], "holds no questions"),
        ([b"\xff"], "cannot be read"),
    ],
)
def test_bad_questions_are_one_message(desk: Desk, lines: list[bytes], told: str) -> None:
    """Nothing is asked, and the line is named."""
    done = desk.ask(*lines)
    assert done.exit_code == 1
    assert told in _said(done)
    assert desk.brain.asked == []


def test_another_batch_is_not_mixed_with_this_one(desk: Desk) -> None:
    """Other answers, other questions under the same ids, another graph, another process."""
    (desk.folder / "a.jsonl").write_text("mine\n", encoding="utf-8")
    assert "a.jsonl:1 is no answer of this batch" in _said(desk.ask(SUM))
    assert (desk.folder / "a.jsonl").read_text(encoding="utf-8") == "mine\n"
    (desk.folder / "a.jsonl").unlink()
    desk.ask(SUM)
    assert "question 1 is not what was asked before" in _said(desk.ask(DELIVERY))
    assert "begun with the graph react" in _said(desk.ask(SUM, options=("--graph", "support")))
    with open_ledger(desk.folder / "a.batch.sqlite"):
        assert "another process works on this batch" in _said(desk.ask(SUM))
    assert len(desk.brain.asked) == 2


class Dying(InMemorySaver):
    """A checkpointer that is gone after it has stored what a step wrote, and before the step has ended."""

    dies_at: int | None = None

    async def aput(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        """Store a checkpoint, unless it is time to die."""
        if metadata["step"] == self.dies_at:
            self.dies_at = None
            raise SystemError("killed")
        return await super().aput(config, checkpoint, metadata, new_versions)


@pytest.mark.parametrize("step", [0, 1, 2, 3])
async def test_a_step_whose_writes_are_stored_and_whose_end_is_not_is_gone_on_with(
    step: int, clovax_simulator: LoopbackSimulator
) -> None:
    """LangGraph names no next node then, and yet the run has not ended."""
    saver = Dying()
    saver.dies_at = step
    asking = Asking(example().compile(checkpointer=saver))
    question = Question("1", "t", ({"role": "user", "content": SUM},))
    with pytest.raises(SystemError):
        await asking.ask(question, None)
    outcome = await asking.ask(question, None)
    assert outcome.status == "answered"
    assert "9" in outcome.told["answer"]
    assert len(clovax_simulator.requests) == 2


@pytest.mark.parametrize(
    ("own", "least", "expected"), [("high", "low", "low"), ("normal", None, "normal"), ("low", "high", "low")]
)
def test_calls_of_a_batch_are_the_least_urgent(own: Any, least: Any, expected: str) -> None:
    """Whoever shares the limit and has somebody waiting goes first."""
    entered: list[str] = []

    class Noting(Pacer):
        def enter(self, tokens: float, *, priority: Any = "normal") -> Any:
            entered.append(priority)
            return super().enter(tokens, priority=priority)

    token = LEAST_URGENT.set(least)
    try:
        steps = Pace(Noting(Limit(60, 60_000)), 10, 10, own).through(lambda: 0.0)
        assert next(steps, None) is None
    finally:
        LEAST_URGENT.reset(token)
    assert entered == [expected]


def test_a_batch_asks_with_low_priority(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its models know nothing of it."""
    monkeypatch.setenv("CLOVAX_RATE_LIMIT", "1000/10000000")
    entered: list[str] = []
    enter = Pacer.enter

    def noted(self: Pacer, tokens: float, *, priority: Any = "normal") -> Any:
        entered.append(priority)
        return enter(self, tokens, priority=priority)

    monkeypatch.setattr(Pacer, "enter", noted)
    assert desk.ask(SUM).exit_code == 0
    assert set(entered) == {"low"}
