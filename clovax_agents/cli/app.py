"""The commands: thin, each hands over to a module of its own."""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer
from dotenv import load_dotenv
from rich.console import Console

from clovax_agents.cli import simulate_options as options  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.errors import EXIT_INTERRUPTED, describe

__all__ = ["app", "run"]

app = typer.Typer(
    help="Tool-calling agents on NAVER HyperCLOVA X.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_errors = Console(stderr=True)
DEFAULT_QUESTION = "주문 ORD-20261118-0001은 지금 어디까지 배송됐는지, 그리고 무선 이어폰은 어떤 상품이 있는지 알려줘"

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Hardened = Annotated[bool, typer.Option("--hardened", help="Ask for tokens, and shut what need not be open.")]
Simulator = Annotated[
    bool | None,
    typer.Option("--simulator/--no-simulator", help="Default: the simulator if CLOVASTUDIO_API_KEY is not set."),
]


@app.command("run")
def run_command(
    question: Annotated[str, typer.Argument(help="What to ask; - reads it from standard input.")] = DEFAULT_QUESTION,
    graph: Annotated[str, typer.Option(help="A graph of ./langgraph.json, by its id.")] = "react",
    simulator: Simulator = None,
    debug: Debug = False,  # noqa: FBT002  # a command line flag
) -> None:
    """Ask a graph one question and watch it work.

    Example: clovax run "ORD-20261118-0001 배송은 어디까지 왔어?"
    """
    from clovax_agents.cli.ask import ask  # noqa: PLC0415  # imports langgraph

    with _reporting(debug=debug):
        text = sys.stdin.read() if question == "-" else question
        ask(text.strip() or DEFAULT_QUESTION, graph, simulator=simulator)


@app.command()
def simulate(
    port: options.Port = 8765,
    host: options.Host = "127.0.0.1",
    lenient: options.Lenient = False,  # noqa: FBT002
    profile: options.ProfileName = "public",
    limits: options.LimitTexts = None,
    window: options.Window = "sliding",
    key: options.Keys = None,
    script: options.ScriptFile = "",
    seed: options.Seed = 0,
    quirks: options.QuirksText = "",
    fault: options.Faults = None,
    switch: options.SwitchTexts = None,
    log: options.Log = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Serve a simulator of CLOVA Studio until Ctrl-C, and show the requests as they come.

    Example: clovax simulate --port 8765 --limits HCX-007=10/20000 --fault "delay; seconds=2"
    """
    from clovax_agents.cli.simulate import SimulateOptions, serve  # noqa: PLC0415  # imports uvicorn

    with _reporting(debug=debug):
        chosen = SimulateOptions(
            host=host,
            port=port,
            strict=not lenient,
            profile=profile,
            limits=limits or ["test"],
            window=window,
            keys=key or (),
            script=script,
            seed=seed,
            quirks=quirks,
            faults=fault or (),
            switches=switch or (),
            log=log,
        )
        serve(chosen)


@app.command()
def studio(
    port: Annotated[int, typer.Option(help="Port of the LangGraph server.")] = 2024,
    host: Annotated[str, typer.Option(help="Where it listens; others than loopback need --hardened.")] = "127.0.0.1",
    hardened: Hardened = False,  # noqa: FBT002
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Serve the graphs of ./langgraph.json for LangGraph Studio until Ctrl-C.

    Example: clovax studio --port 2024
    """
    from clovax_agents.cli.studio import serve_studio  # noqa: PLC0415  # imports the simulator

    with _reporting(debug=debug):
        raise typer.Exit(serve_studio(port, host, is_hardened=hardened))


@app.command("add-user")
def add_user(
    name: Annotated[str, typer.Argument(help="Letters, digits, _ and -.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="What the user's runs may do; may be given several times.")
    ] = None,
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Add a user of a hardened server, or give one a new token; the token is shown once.

    The file is ./users.json, or what CLOVAX_SERVER_USERS names.

    Example: clovax add-user kim --scope orders:write
    """
    from clovax_agents.server.settings import ServerSettings  # noqa: PLC0415  # as the other commands do
    from clovax_agents.server.users import add_user as add  # noqa: PLC0415

    with _reporting(debug=debug):
        path = ServerSettings.from_env().users
        print(add(path, name, scope or ()))
        _errors.print(f"[dim]{name} is in {path}; the token above is not kept anywhere[/]", highlight=False)


@app.command("lint-tools")
def lint_tools(
    tools: Annotated[str, typer.Argument(help="File, folder, module, or either with :name of a Toolbox or list.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,  # noqa: FBT002
    lang: Annotated[str, typer.Option(help="en or ko; by default as CLOVAX_LANG says, else en.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Fail for warnings, too.")] = False,  # noqa: FBT002
    ignore: Annotated[
        list[str] | None, typer.Option(help="L24, tool:L24 or tool.parameter:L24; may be given several times.")
    ] = None,
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Say what makes a model choose wrong tools, invent names and write wrong arguments.

    Ends with 0 if nothing is wrong, 1 if something is, 2 if there is nothing to look at. The list "ignore" in the table
    tool.clovax.lint of ./pyproject.toml counts, too.

    Example: clovax lint-tools tools/ --strict --lang ko
    """
    from clovax_agents.cli.lint import lint  # noqa: PLC0415  # imports langchain

    with _reporting(debug=debug, code=2):
        raise typer.Exit(lint(tools, as_json=as_json, language=lang, strict=strict, ignore=ignore or ()))


class _reporting:  # noqa: N801  # reads as a keyword
    """Turn any error into one message and an exit code."""

    def __init__(self, *, debug: bool, code: int = 1) -> None:
        self._debug = debug or bool(os.environ.get("CLOVAX_DEBUG"))
        self._code = code

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or isinstance(error, typer.Exit) or (self._debug and not isinstance(error, KeyboardInterrupt)):
            return
        if isinstance(error, KeyboardInterrupt):
            _leave("interrupted: nothing more was run", EXIT_INTERRUPTED)
        if isinstance(error, Exception):
            _leave(describe(error), self._code)


def _leave(message: str, code: int) -> NoReturn:
    is_error = code != EXIT_INTERRUPTED
    _errors.print(f"\n[bold red]error:[/] {message}" if is_error else f"\n{message}", highlight=False, markup=is_error)
    raise typer.Exit(code) from None


def run() -> None:
    """Run the command line, with what ./.env sets; the environment itself wins."""
    load_dotenv(".env")
    app(prog_name="clovax")
