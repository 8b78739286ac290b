"""`sql_tools`: tables of a database, for a model to look at; it can read them, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

from clovax_agents.errors import QueryError
from clovax_agents.guards.data_wording import say
from clovax_agents.guards.databases import open_reader
from clovax_agents.guards.sql import QueryLimits
from clovax_agents.guards.sql_text import columns_text, result_text, rows_text
from clovax_agents.tooling.decorator import tool
from clovax_agents.tooling.policy import Label, ToolPolicy
from clovax_agents.tooling.toolbox import Toolbox

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Sequence

    from clovax_agents.guards.sql import SqlReader

__all__ = ["sql_tools"]

_MOST_TABLES: Final = 300
_MOST_DESCRIBED: Final = 20

# What models read of the tools is in the language that the environment names when this module is imported.
Names = Annotated[list[str], Field(min_length=1, max_length=_MOST_DESCRIBED, description=say("Names of the tables"))]
Sql = Annotated[str, Field(min_length=1, description=say("One SELECT statement, in the database's own dialect"))]


def sql_tools(
    source: str | os.PathLike[str],
    *,
    tables: Sequence[str] | None = None,
    functions: Sequence[str] = (),
    limits: QueryLimits | None = None,
    samples: int = 3,
    labels: Collection[Label] = (),
    allow_powerful_role: bool = False,
) -> Toolbox:
    """Return tools for a database: list_tables, describe_tables and query_database, all of which only read.

    Each query has a connection of its own. In Postgres, connect as a role that may only read: that is the boundary.

    Args:
        source: path of an SQLite file, or ``sqlite:///path``, or ``postgresql://reader:password@host/database``.
        tables: names of the tables and views that may be read; None: all that there are.
        functions: names of functions that a query may call besides those that are known to only compute.
        limits: of one query: its time, rows and sizes.
        samples: rows of each table that describe_tables shows; 0 where they are not for the model's eyes.
        labels: of what is read, for instance ``{"private_data"}``.
        allow_powerful_role: connect to Postgres as a superuser, too.

    Raises:
        ConfigurationError: there is no such file, psycopg is missing, or it is another kind of database.

    Example:
        >>> import sqlite3, tempfile
        >>> path = tempfile.mkdtemp() + "/shop.db"
        >>> with sqlite3.connect(path) as shop:
        ...     _ = shop.execute("CREATE TABLE orders AS SELECT 1 AS id, 9000 AS won")
        >>> print(sql_tools(path)["query_database"].invoke({"sql": "SELECT * FROM orders"}))
        id | won
        1 | 9000
        (1 rows)
    """
    kept = limits or QueryLimits()
    reader = open_reader(
        source, tables=tables, functions=functions, limits=kept, allow_powerful_role=allow_powerful_role
    )
    policy = ToolPolicy(effect="read", timeout=2 * kept.seconds + 30, labels=frozenset(labels))
    return _tools(reader, policy, samples)


def _tools(reader: SqlReader, policy: ToolPolicy, samples: int) -> Toolbox:
    @tool(policy=policy, description=say("List the tables of the database that can be queried"))
    def list_tables() -> str:
        names = reader.tables()
        more = [f"[… {len(names) - _MOST_TABLES:,}]"] if len(names) > _MOST_TABLES else []
        return "\n".join([*names[:_MOST_TABLES], *more]) or say("there are no tables")

    text = "Show the columns of tables with their types, and a few of their rows. Use it before writing a query"

    @tool(policy=policy, description=say(text))
    def describe_tables(names: Names) -> str:
        return "\n\n".join(_described(reader, name, samples) for name in dict.fromkeys(names))

    text = "Run one SELECT on the database and return its rows. The database can only be read"

    @tool(policy=policy, description=say(text), response_format="content_and_artifact")
    def query_database(sql: Sql) -> tuple[str, dict[str, Any]]:
        rows = reader.query(sql)
        return result_text(rows), {"columns": list(rows.columns), "rows": rows.rows, "complete": rows.complete}

    return Toolbox(list_tables, describe_tables, query_database)


def _described(reader: SqlReader, name: str, samples: int) -> str:
    table = reader.describe(name)
    parts = [columns_text(table)]
    if samples:
        try:
            rows = reader.sample(name, samples)
        except QueryError:  # not all of its columns are to be read, or there are too many to show
            return parts[0]
        parts += [f"{say('first rows')}:", rows_text(rows)] if rows.rows else []
    return "\n".join(parts)
