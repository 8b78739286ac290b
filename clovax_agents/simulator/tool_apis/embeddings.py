"""Placeholder until the real module lands."""
from clovax_agents.simulator.refusals import not_found


def read_embedding_v1(call, rules):
    raise not_found()


def read_embedding_v2(call, rules):
    raise not_found()


def read_openai_embeddings(call, rules):
    raise not_found()
