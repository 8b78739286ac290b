"""What the reader asks Postgres about itself; every name is qualified, so that nobody's ``pg_class`` is read."""

from __future__ import annotations

from typing import Final

__all__ = ["COLUMNS", "DESCRIBED", "FUNCTIONS", "LOCKS", "RELATIONS", "RESOLVED", "ROLE", "TABLES"]

LOCKS: Final = """
SELECT relation, array_agg(mode) FROM pg_catalog.pg_lock_status()
WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' GROUP BY relation
"""
"""What the transaction has locked so far; asked before anything else is, which would lock the catalogue itself."""
RELATIONS: Final = """
SELECT c.oid, n.nspname::text, c.relname::text FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = ANY(%s)
"""
FUNCTIONS: Final = """
SELECT p.proname::text, n.nspname = 'pg_catalog', p.provolatile::text, p.prosecdef, l.lanname::text, l.lanpltrusted
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE p.proname = ANY(%(called)s) OR (
    p.proname = ANY(%(names)s) AND n.nspname <> 'pg_catalog' AND p.pronargs - p.pronargdefaults <= 1 AND EXISTS (
        SELECT 1 FROM pg_catalog.pg_type AS t WHERE t.oid = p.proargtypes[0] AND t.typtype IN ('c', 'p')))
"""
"""Functions of a row can be called without a parenthesis, as if they were a column."""
ROLE: Final = """
SELECT r.rolname::text, r.rolsuper, ARRAY(
    SELECT g.rolname::text FROM pg_catalog.pg_roles AS g
    WHERE g.rolname = ANY(%s) AND pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER') ORDER BY 1)
FROM pg_catalog.pg_roles AS r WHERE r.rolname IN (current_user, session_user)
"""
RESOLVED: Final = "SELECT n, pg_catalog.to_regclass(n)::oid FROM pg_catalog.unnest(%s::text[]) AS n"
TABLES: Final = """
SELECT c.oid, n.nspname::text, c.relname::text,
    CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN pg_catalog.quote_ident(c.relname)
    ELSE pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) END
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT c.relispartition
    AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::text, 'pg_')
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
ORDER BY 4
"""
COLUMNS: Final = """
SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
    EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid = a.attrelid AND k.contype = 'p' AND a.attnum = ANY(k.conkey)),
    (SELECT f.confrelid::regclass::text FROM pg_catalog.pg_constraint AS f
        WHERE f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum] LIMIT 1),
    pg_catalog.col_description(a.attrelid, a.attnum)
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
    AND pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY a.attnum
"""
DESCRIBED: Final = "SELECT pg_catalog.obj_description(%s, 'pg_class')"
