"""Placeholder until the real module lands."""
from clovax_agents.simulator.refusals import not_found


def read_tokenize_embedding(call, rules):
    raise not_found()


def read_tokenize_v1(call, rules):
    raise not_found()


def read_tokenize_v3(call, rules):
    raise not_found()
