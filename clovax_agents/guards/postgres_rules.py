"""What a query to Postgres may call, read and be, by what the server itself says about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import ConfigurationError, QueryRefusedError
from clovax_agents.guards.data_wording import say
from clovax_agents.guards.sql import refuse_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clovax_agents.guards.postgres_tokens import Words

__all__ = ["POWERS", "Function", "Relation", "check_functions", "check_relations", "check_role"]

POWERS: Final = ("pg_execute_server_program", "pg_read_server_files", "pg_write_server_files")
"""Roles whose members reach the server's files and programs."""
_VOLATILE: Final = ("random", "random_normal", "clock_timestamp", "timeofday", "gen_random_uuid", "uuidv4", "uuidv7")
_SAMPLING: Final = ("array_sample", "array_shuffle", "bernoulli", "system")
_SIZES: Final = ("pg_column_size", "pg_relation_size", "pg_table_size", "pg_total_relation_size")
_UNITS: Final = ("pg_size_bytes", "pg_size_pretty", "pg_typeof", "pg_collation_for", "pg_input_is_valid")
_COMPUTING: Final = frozenset(_VOLATILE + _SAMPLING + _SIZES + _UNITS)
"""Of Postgres' own, which do no harm although they are volatile or are named as what looks into the server."""
_REFUSED: Final = frozenset({"current_setting", "txid_current", "txid_current_if_assigned", "connectby", "xpath_table"})
_REFUSED_BEGINNINGS: Final = ("pg_", "lo_", "binary_upgrade_", "dblink", "crosstab")
_REFUSED_ENDS: Final = ("_to_xml", "_to_xmlschema", "_to_xml_and_xmlschema")
"""They read tables, or run queries, whose names or text are an argument."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function whose name the query has.

    Attributes:
        name: without its schema.
        is_builtin: it came with Postgres.
        volatility: ``i`` for immutable, ``s`` for stable, ``v`` for volatile, which is what may change something.
        is_definer: it has the rights of who made it.
        language: it is written in.
        is_trusted: the language is.
    """

    name: str
    is_builtin: bool
    volatility: str
    is_definer: bool
    language: str
    is_trusted: bool

    @property
    def only_computes(self) -> bool:
        """Whether a query may call it."""
        refused = (
            self.name in _REFUSED or self.name.startswith(_REFUSED_BEGINNINGS) or self.name.endswith(_REFUSED_ENDS)
        )
        if self.is_builtin:
            return self.name in _COMPUTING or (self.volatility != "v" and not refused)
        is_safe_code = self.is_trusted or (self.language in {"c", "internal"} and self.volatility == "i")
        return is_safe_code and self.volatility != "v" and not refused and not self.is_definer


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view that Postgres has locked for the query.

    Attributes:
        oid: of it.
        schema: it is in.
        name: in the schema.
        modes: of its locks.
    """

    oid: int
    schema: str
    name: str
    modes: tuple[str, ...]


def check_functions(functions: Iterable[Function], allowed: frozenset[str]) -> None:
    """Refuse a query that calls what does more than compute.

    Raises:
        QueryRefusedError: for the first such function.
    """
    for function in functions:
        if not function.only_computes and function.name not in allowed:
            raise QueryRefusedError(say("the function {name} may not be used", name=function.name))


def check_relations(
    relations: Iterable[Relation], words: Words, allowed: frozenset[int] | None, known: Sequence[str]
) -> None:
    """Refuse a query that reads what it may not, or locks what it reads.

    What it does not name is read by a view, or by a rule for rows, and is theirs to show.

    Args:
        relations: that the query has locked.
        words: of the query.
        allowed: the tables that may be read; None: all but Postgres' own.
        known: the names of tables that may be read, for the error.
    """
    for relation in relations:
        if set(relation.modes) != {"AccessShareLock"}:
            text = "only reading is allowed, and this would do something else; write one SELECT"
            raise QueryRefusedError(say(text))
        is_open = not relation.schema.startswith("pg_") if allowed is None else relation.oid in allowed
        if not is_open and relation.name in words.names:
            raise refuse_table(relation.name, known)


def check_role(role: str, powers: Sequence[str]) -> None:
    """Refuse to work for a role that could do more than read tables.

    Raises:
        ConfigurationError: with what to do instead.
    """
    if powers:
        raise ConfigurationError(
            f"the database role {role!r} is {' and '.join(powers)}, which reaches the server itself. Connect as a role "
            "that may only read: CREATE ROLE reader LOGIN PASSWORD '...'; GRANT SELECT ON orders TO reader; - or say "
            "allow_powerful_role=True"
        )
