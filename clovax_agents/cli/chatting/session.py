"""A session at the terminal: messages become turns, lines that begin with ``/`` become commands."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from clovax_agents.checkpoints import open_checkpointer
from clovax_agents.cli.asking import asker_for
from clovax_agents.cli.chatting.lists import costs, thread_table
from clovax_agents.cli.chatting.story import messages_of, show
from clovax_agents.cli.chatting.threads import Thread, Threads
from clovax_agents.cli.chatting.turns import Loop, Turn
from clovax_agents.cli.deciding import UndecidedError
from clovax_agents.cli.errors import describe
from clovax_agents.cli.graphs import default_graph, load_graph
from clovax_agents.cli.service import service
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from langgraph.pregel import Pregel
    from langgraph.types import Interrupt, StateSnapshot

    from clovax_agents.cli.asking import Asker

__all__ = ["ChatOptions", "Session", "start"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions:
    """The options of the command, as they were typed."""

    graph: str = ""
    thread: str = ""
    latest: bool = False
    model: str = ""
    db: str = ".clovax/chat.sqlite"
    debug: bool = False


def start(options: ChatOptions, *, simulator: bool | None = None, only_list: bool = False) -> None:
    """Talk until the end of input.

    Raises:
        ConfigurationError: no such graph or thread, or nobody is there to decide about a call.
    """
    console = Console(highlight=False)
    path = Path(options.db).expanduser()
    threads = Threads(path)
    if only_list:
        console.print(thread_table(threads.all(), console.width))
        return
    thread = _thread(options, threads)
    with service(simulator=simulator) as banner, _opened(path) as (saver, loop):
        console.print(f"[dim]clovax chat · {escape(banner)}[/]", soft_wrap=True)
        session = Session(console, threads, saver, loop, options)
        session.open(thread)
        session.talk(path.parent / "chat_history")


def _thread(options: ChatOptions, threads: Threads) -> Thread:
    if options.thread:
        return threads.find(options.thread)
    if options.latest:
        known = [one for one in threads.all() if options.graph in {"", one.graph}]
        if not known:
            raise ConfigurationError(say("there is no thread to go on with yet: begin one without --continue"))
        return known[0]
    return Thread(options.graph or default_graph())


@contextmanager
def _opened(path: Path) -> Generator[tuple[Any, Loop]]:
    """Open the checkpoints on the loop that all turns run in."""
    loop, opening = Loop(), open_checkpointer(f"sqlite:///{path.absolute()}")
    try:
        saver = loop.run(opening.__aenter__())
        try:
            yield saver, loop
        finally:
            loop.run(opening.__aexit__(None, None, None))
    finally:
        loop.close()


async def _undone(saver: Any) -> None:
    """Undo what a write had begun when it was cancelled: it would keep everybody else out of the file."""
    async with saver.lock:
        await saver.conn.rollback()


@dataclass(slots=True)
class Session:
    """Who talks with which graph in which thread.

    Attributes:
        console: to print on.
        threads: that there are.
        saver: of their checkpoints.
        loop: that turns run in.
        options: of the command.
        model: name of the model, if it was chosen.
        thread: that is talked in.
        graph: with which.
        asker: who is asked.
        ended: whether it is over.
    """

    console: Console
    threads: Threads
    saver: Any
    loop: Loop
    options: ChatOptions
    model: str = ""
    thread: Thread = field(default_factory=lambda: Thread(""))
    graph: Pregel[Any, Any, Any, Any] = field(init=False)
    asker: Asker = field(init=False)
    ended: bool = False

    def __post_init__(self) -> None:
        """Take the model that was asked for."""
        self.model = self.options.model

    @property
    def config(self) -> Any:
        """Of the thread."""
        return {"configurable": {"thread_id": self.thread.id}}

    def open(self, thread: Thread) -> None:
        """Talk in this thread from now on, with its graph."""
        if thread.graph != self.thread.graph:
            self.graph = load_graph(thread.graph).copy({"checkpointer": self.saver})
        self.thread = thread
        self.console.print(
            f"[bold]{escape(thread.graph)}[/] [dim]· {say('thread')} {thread.id} · {say('/help lists the commands')}[/]"
        )
        state = self.state()
        if messages := messages_of(state):
            show(messages[-self._shown(messages) :], self.console)
        self._tell_what_is_open(state)

    def state(self) -> StateSnapshot:
        """Return where the thread stands."""
        return self.loop.run(self.graph.aget_state(self.config))

    def talk(self, memory: Path) -> None:
        """Ask for messages until there are no more."""
        from clovax_agents.cli.chatting.slash import COMMANDS, obey  # noqa: PLC0415  # it needs this module

        self.asker = asker_for(self.console, memory, [f"/{name}" for name in COMMANDS])
        while not self.ended:
            try:
                text = self.asker.ask(f"\n{say('you')}> ", suffix=".md").strip()
            except EOFError:
                return
            except KeyboardInterrupt:
                self.console.print(f"[dim]{say('Ctrl-D or /quit leaves')}[/]")
                continue
            with self._reported():
                if text.startswith("/"):
                    obey(self, text)
                elif text:
                    self.turn({"messages": [{"role": "user", "content": text}]}, said=text)

    def turn(self, given: Any, asked: Sequence[Interrupt] = (), *, said: str = "") -> None:
        """Take a turn, and say what it cost.

        Args:
            given: the graph's input; None to go on where it broke off.
            asked: what is to be decided first.
            said: by the person.

        Raises:
            UndecidedError: standard input ends where a person has to decide; at a terminal, the chat ends.
        """
        turn = Turn(graph=self.graph, config=self.config, context=self._context(), console=self.console,
                    asker=self.asker, loop=self.loop)  # fmt: skip
        self.threads.keep(self.thread, said)
        try:
            turn.run(given, asked)
        except KeyboardInterrupt:
            self.loop.run(_undone(self.saver))
            self.console.print(
                f"[yellow]{say('stopped; the thread goes on with your next message, or with /resume')}[/]"
            )
        except UndecidedError:
            if not self.asker.is_person:
                raise
            self.ended = True
        finally:
            self.thread.usage += turn.used
            self.threads.keep(self.thread)
            self.console.print(f"[dim]{costs(turn.used, self.thread.usage, turn.seconds)}[/]")
        if self.ended:
            text = "the question stays open: clovax chat --thread {thread}, then /resume, asks it again"
            self.console.print(f"[yellow]{say(text, thread=self.thread.id)}[/]")

    def resume(self) -> None:
        """Go on with what was stopped, or is to be decided."""
        state = self.state()
        if not state.tasks:  # `next` leaves out a step whose writes are stored and whose end is not
            self.console.print(say("nothing is open: the last turn has ended"))
            return
        self.turn(None, state.interrupts)

    @contextmanager
    def _reported(self) -> Generator[None]:
        """Turn an error into a message: the conversation can go on, but not where nobody sees it."""
        try:
            yield
        except KeyboardInterrupt:
            self.console.print()
        except Exception as error:
            if self.options.debug or not self.asker.is_person:
                raise
            self.console.print(f"[bold red]{say('error')}:[/] {escape(describe(error))}")

    def _context(self) -> dict[str, Any] | None:
        return {"model": self.model} if self.model and self.takes_model() else None

    def takes_model(self) -> bool:
        """Whether the graph lets its runs name a model."""
        schema: Any = self.graph.context_schema
        return "model" in (getattr(schema, "model_fields", None) or getattr(schema, "__annotations__", {}))

    def _tell_what_is_open(self, state: StateSnapshot) -> None:
        if state.interrupts:
            self.console.print(f"[yellow]{say('a question is open: /resume asks it again')}[/]")
        elif state.tasks:
            at = ", ".join(task.name for task in state.tasks)
            self.console.print(
                f"[yellow]{say('the last turn broke off at {node}: /resume goes on with it', node=at)}[/]"
            )

    @staticmethod
    def _shown(messages: Sequence[Any]) -> int:
        """Return how many messages belong to the last turn."""
        with suppress(StopIteration):
            return next(number for number, one in enumerate(reversed(messages), 1) if one.type == "human")
        return len(messages)
