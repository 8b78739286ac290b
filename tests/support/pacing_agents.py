"""Agents in real processes, all of which run at once, against a limit of a part of what they need."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Any, Literal

from langchain_core.tools import tool as plain_tool
from pacing_server import MODEL, Share, context

Who = Literal["ours", "theirs"]
QUESTION = {"messages": [("user", "서울 날씨를 알려 주세요.")]}
TURNS = 2
"""Requests of a run: one that calls the tool, one that answers."""


def weather(city: str) -> str:
    """도시의 날씨를 알려 준다."""
    return f"{city}: 맑음"


@dataclass(frozen=True, kw_only=True)
class Runs:
    """What one process does: runs of an agent, all begun at once.

    Attributes:
        who: ``react_agent`` with `ChatClovaX`, or ``create_agent`` with langchain-naver as it comes.
        share: the limit of it.
        runs: how many.
    """

    who: Who
    share: Share
    runs: int


def run_agents(runs: Runs, begins: float) -> tuple[int, list[str]]:
    """Return how many runs ended in an answer, and what the others ended with."""
    return asyncio.run(_run_agents(runs, begins))


async def _run_agents(runs: Runs, begins: float) -> tuple[int, list[str]]:
    await _agent(runs, warm=True).ainvoke(QUESTION)
    agent = _agent(runs)
    await asyncio.sleep(max(begins - time.time(), 0))
    ended = await asyncio.gather(*(agent.ainvoke(QUESTION) for _ in range(runs.runs)), return_exceptions=True)
    failed = [type(each).__name__ for each in ended if isinstance(each, BaseException)]
    return sum(not isinstance(each, BaseException) and "맑음" in each["messages"][-1].text for each in ended), failed


def _agent(runs: Runs, *, warm: bool = False) -> Any:
    share = runs.share
    url = share.warm_url if warm else share.url
    if runs.who == "ours":
        from clovax_agents import ChatClovaX, ToolPolicy, tool  # noqa: PLC0415  # each process pays for what it uses
        from clovax_agents.prebuilt import react_agent  # noqa: PLC0415

        limit: Any = "off" if warm else share.pacer()
        chat = ChatClovaX(model=MODEL, api_key="nv-test", base_url=url, max_tokens=1024, rate_limit=limit)
        return react_agent(model=chat, tools=[tool(policy=ToolPolicy(effect="read"))(weather)]).compile()
    from langchain.agents import create_agent  # noqa: PLC0415
    from langchain_naver import ChatClovaX as TheirChat  # noqa: PLC0415, TID251

    chat = TheirChat(model=MODEL, api_key="nv-test", base_url=url, max_tokens=1024)
    return create_agent(chat, [plain_tool(weather)])


def agents_in_processes(all_runs: list[Runs]) -> tuple[float, list[tuple[int, list[str]]]]:
    """Let each process run its agents, all beginning at one moment; return that, and what came of each."""
    with context().Pool(len(all_runs)) as pool:
        pool.starmap(run_agents, [(replace(runs, runs=0), 0.0) for runs in all_runs], chunksize=1)  # imports take long
        begins = time.time() + 3.0
        return begins, pool.starmap_async(run_agents, [(runs, begins) for runs in all_runs], chunksize=1).get(600)
