"""Answers from documents: what is searched for, which passages support an answer, and whether it keeps to them."""

from clovax_agents.rag.state import RagContext, RagOutput, RagState, Source

__all__ = ["RagContext", "RagOutput", "RagState", "Source"]
