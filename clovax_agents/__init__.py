"""Tool-calling agents on NAVER HyperCLOVA X with LangGraph."""
