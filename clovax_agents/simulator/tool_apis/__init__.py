"""The sibling APIs of chat: embeddings, token calculators, reranker and RAG reasoning (docs/wire.md, section 7)."""
