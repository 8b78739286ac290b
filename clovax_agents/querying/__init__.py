"""Questions to a database: what a model is told of it, the queries that it writes, and what its answers rest on."""

from clovax_agents.querying.state import SqlContext, SqlOutput, SqlState

__all__ = ["SqlContext", "SqlOutput", "SqlState"]
