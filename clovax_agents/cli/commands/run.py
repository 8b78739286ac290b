"""``clovax run``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from clovax_agents.cli.commands.options import Debug, Lang, Simulator  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting

__all__ = ["run_command"]

DEFAULT_QUESTION = "주문 ORD-20261118-0001은 지금 어디까지 배송됐는지, 그리고 무선 이어폰은 어떤 상품이 있는지 알려줘"


def run_command(
    question: Annotated[str, typer.Argument(help="What to ask; - reads it from standard input.")] = DEFAULT_QUESTION,
    graph: Annotated[str, typer.Option(help="As clovax graphs lists them, or FILE.py:NAME.")] = "react",
    simulator: Simulator = None,
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002  # a command line flag
) -> None:
    """Ask a graph one question and watch it work.

    Ends with 0 when there is an answer, 1 for an error, 130 after Ctrl-C.

    Example: clovax run "ORD-20261118-0001 배송은 어디까지 왔어?"
    """
    from clovax_agents.cli.ask import ask  # noqa: PLC0415  # imports langgraph

    with reporting(debug=debug, lang=lang):
        text = sys.stdin.read() if question == "-" else question
        ask(text.strip() or DEFAULT_QUESTION, graph, simulator=simulator)
