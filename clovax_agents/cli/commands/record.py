"""``clovax record``."""

from __future__ import annotations

from typing import Annotated

import typer

from clovax_agents.cli.commands.options import Debug, Lang, Simulator  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting

__all__ = ["record"]


def record(
    question: Annotated[str, typer.Argument(help="What to ask.")],
    graph: Annotated[str, typer.Option(help="As clovax graphs lists them. Default: the first of them.")] = "",
    to: Annotated[str, typer.Option(help="File to write.")] = "recording.yaml",
    test: Annotated[
        str, typer.Option(help="Node id of a test with @pytest.mark.clovax_cassette: write its cassette instead.")
    ] = "",
    simulator: Simulator = None,
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Record the requests that a question makes, and their answers, into a cassette; keys stay out of it.

    Ends with 0 when the file is written, 1 for an error: also if something in it looks like a key.

    Example: clovax record "배송은 어디까지 왔어?" --graph react --to recording.yaml
    """
    from clovax_agents.cli.recording import record_question  # noqa: PLC0415  # imports langgraph

    with reporting(debug=debug, lang=lang):
        record_question(question, graph, to=to, test=test, simulator=simulator)
