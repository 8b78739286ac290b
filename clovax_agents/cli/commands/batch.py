"""``clovax batch``."""

from __future__ import annotations

from typing import Annotated

import typer

from clovax_agents.cli.commands.options import AsJson, Debug, Lang, Simulator  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting

__all__ = ["batch"]


def batch(
    questions: Annotated[str, typer.Argument(metavar="QUESTIONS.jsonl", help="A text or an object on each line.")],
    out: Annotated[str, typer.Option("--out", "-o", help="File of the answers; what stands in it is not asked again.")],
    graph: Annotated[str, typer.Option(help="As clovax graphs lists them. Default: the first of them.")] = "",
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="How many questions at once.")] = 8,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try again what has failed before.")] = False,  # noqa: FBT002
    simulator: Simulator = None,
    as_json: AsJson = False,  # noqa: FBT002
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Ask a graph a file of questions, each once: after a crash or Ctrl-C, the same command goes on.

    A question is a text, or an object with "question" or "messages", and if you like "id" and "thread"; those of one
    thread are asked in their order. Calls that a person has to agree to wait for clovax chat --thread.

    Ends with 0 if all are answered, 3 if some failed or need a person, 1 for an error, 130 after Ctrl-C.

    Example: clovax batch questions.jsonl --graph react --out answers.jsonl
    """
    from clovax_agents.cli.batching import BatchOptions, run_batch  # noqa: PLC0415  # imports langgraph

    with reporting(debug=debug, lang=lang):
        options = BatchOptions(
            questions=questions,
            out=out,
            graph=graph,
            concurrency=concurrency,
            retry_failed=retry_failed,
            as_json=as_json,
        )
        raise typer.Exit(run_batch(options, simulator=simulator))
