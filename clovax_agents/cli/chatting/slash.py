"""Lines that begin with ``/``: what can be done beside talking."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.markup import escape
from rich.table import Table

from clovax_agents.cli.chatting.lists import costs, thread_table
from clovax_agents.cli.chatting.story import copy_thread, export, messages_of, show, take_back
from clovax_agents.cli.chatting.threads import Thread
from clovax_agents.cli.graphs import listed_graphs
from clovax_agents.cli.printing import cut
from clovax_agents.cli.tooltable import print_tools, tools_in
from clovax_agents.cli.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.cli.chatting.session import Session

__all__ = ["COMMANDS", "obey"]


@dataclass(frozen=True, slots=True)
class _Command:
    """What a line does, and how it is explained."""

    do: Callable[[Session, str], None]
    takes: str
    about: Callable[[], str]


def obey(session: Session, line: str) -> None:
    """Do what a line says."""
    name, _, rest = line.removeprefix("/").partition(" ")
    names = [known for known in COMMANDS if known == name] or [known for known in COMMANDS if known.startswith(name)]
    if len(names) == 1:
        COMMANDS[names[0]].do(session, rest.strip())
    else:
        known = ", ".join(f"/{one}" for one in names or COMMANDS)
        session.console.print(say("there is no /{name}; there is {known}", name=escape(name), known=known))


def _help(session: Session, _: str) -> None:
    table = Table(show_edge=False, pad_edge=False, box=None, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, command in COMMANDS.items():
        table.add_row(f"[bold]/{name}[/] {escape(command.takes)}".strip(), command.about())
    session.console.print(table)
    if session.asker.is_person:
        how = say("Enter sends, Alt-Enter begins a line, Ctrl-X Ctrl-E opens $EDITOR")
        session.console.print(f"[dim]{how}[/]\n[dim]{say('Ctrl-C stops a turn, Ctrl-D leaves')}[/]")


def _threads(session: Session, _: str) -> None:
    session.console.print(thread_table(session.threads.all(), session.console.width, session.thread.id))


def _new(session: Session, _: str) -> None:
    session.open(Thread(session.thread.graph))


def _switch(session: Session, named: str) -> None:
    if named:
        session.open(session.threads.find(named))
    else:
        _threads(session, "")
        session.console.print(f"[dim]{say('/switch NUMBER goes on with one of them')}[/]")


def _history(session: Session, _: str) -> None:
    messages = messages_of(session.state())
    show(messages, session.console)
    if not messages:
        session.console.print(say("nothing has been said yet"))


def _graph(session: Session, named: str) -> None:
    if named:
        session.open(Thread(named))
        return
    session.console.print(session.graph.get_graph().draw_mermaid(with_styles=False), markup=False)
    others = ", ".join(one.name for one in listed_graphs())
    session.console.print(f"[dim]{say('/graph NAME begins a thread with another: {known}', known=escape(others))}[/]")


def _model(session: Session, named: str) -> None:
    if not session.takes_model():
        session.console.print(say("this graph does not let a run choose its model"))
        return
    session.model = "" if named == "default" else named or session.model
    text = say("model: {name}", name=escape(session.model or say("as the graph was built")))
    session.console.print(f"{text} [dim]{say('/model NAME changes it, /model default takes it back')}[/]")


def _tools(session: Session, _: str) -> None:
    found = tools_in(session.graph)
    if not found:
        session.console.print(say("this graph has no tools"))
    print_tools(found, session.console)


def _undo(session: Session, _: str) -> None:
    said, is_left = session.loop.run(take_back(session.graph, session.config))
    if not said:
        session.console.print(say("there is nothing to take back"))
        return
    session.console.print(say("taken back: {text}", text=escape(cut(said, 60))))
    session.console.print(f"[dim]{say('what tools have done stays done')}[/]")
    if not is_left:
        session.open(Thread(session.thread.graph))


def _fork(session: Session, _: str) -> None:
    source, copy = session.config, Thread(session.thread.graph, title=session.thread.title)
    session.loop.run(copy_thread(session.graph, source, copy.id))
    session.threads.keep(copy)
    session.open(copy)


def _resume(session: Session, _: str) -> None:
    session.resume()


def _export(session: Session, named: str) -> None:
    path = Path(named or f"chat-{session.thread.id}.md").expanduser()
    messages = messages_of(session.state())
    export(messages, path)
    session.console.print(say("{count} messages written to {path}", count=len(messages), path=escape(str(path))))


def _cost(session: Session, _: str) -> None:
    session.console.print(costs(session.thread.usage, session.thread.usage, 0.0).rpartition(" · ")[2])


def _quit(session: Session, _: str) -> None:
    session.ended = True


COMMANDS: Final = {
    "help": _Command(_help, "", lambda: say("list the commands")),
    "threads": _Command(_threads, "", lambda: say("list the threads")),
    "new": _Command(_new, "", lambda: say("begin a thread")),
    "switch": _Command(_switch, "[NUMBER|ID]", lambda: say("go on with another thread")),
    "history": _Command(_history, "", lambda: say("show what was said in this thread")),
    "resume": _Command(_resume, "", lambda: say("go on with a turn that was stopped, or decide what is open")),
    "undo": _Command(_undo, "", lambda: say("take the last message back")),
    "fork": _Command(_fork, "", lambda: say("go on in a copy of this thread")),
    "graph": _Command(_graph, "[NAME]", lambda: say("draw the graph, or begin a thread with another")),
    "model": _Command(_model, "[NAME]", lambda: say("show or choose the model")),
    "tools": _Command(_tools, "", lambda: say("list the tools")),
    "cost": _Command(_cost, "", lambda: say("say what the thread has used")),
    "export": _Command(_export, "[FILE]", lambda: say("write the thread to a file: .md or .json")),
    "quit": _Command(_quit, "", lambda: say("leave")),
}
