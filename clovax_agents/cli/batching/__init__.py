"""``clovax batch``: a file of questions through a graph, each answered once, however often it is interrupted."""

from clovax_agents.cli.batching.batch import BatchOptions, run_batch

__all__ = ["BatchOptions", "run_batch"]
