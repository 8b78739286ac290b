"""Placeholder until the real module lands."""
from clovax_agents.simulator.refusals import not_found


def read_reranker(call, rules):
    raise not_found()
