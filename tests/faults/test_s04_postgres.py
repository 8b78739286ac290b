"""S04 in Postgres: one SELECT of allowed tables with functions that compute, for a role that may only read."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgres import a_database
from psycopg import sql as compose

from clovax_agents.errors import ConfigurationError, QueryError, QueryRefusedError, ToolFailed
from clovax_agents.guards.postgres import PostgresReader
from clovax_agents.guards.postgres_tokens import read_words
from clovax_agents.guards.sql import QueryLimits

HUSH = "hush-hush"
RAN = "it ran"
LIMITS = QueryLimits(seconds=1, rows=50)
SLACK = 3.0
SCHEMA = f"""
CREATE TABLE members (id int PRIMARY KEY, name text, secret text);
INSERT INTO members VALUES (1, '김', '{HUSH}'), (2, '이', '{HUSH}');
CREATE TABLE orders (id int PRIMARY KEY, item text NOT NULL, won int, member int REFERENCES members(id));
COMMENT ON TABLE orders IS '주문'; COMMENT ON COLUMN orders.won IS '금액';
INSERT INTO orders VALUES (1, '사과', 9000, 1), (2, '배', 12000, 2);
CREATE VIEW names AS SELECT id, name FROM members;
CREATE VIEW bought AS SELECT item, name FROM orders JOIN names ON member = names.id;
CREATE TABLE "Odd name" (a int);
CREATE SEQUENCE numbers;
CREATE SCHEMA private; CREATE TABLE private.orders (secret text); INSERT INTO private.orders VALUES ('{HUSH}');
CREATE FUNCTION evil() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{RAN}'; END $$;
CREATE FUNCTION evil(orders) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{RAN}'; END $$;
CREATE FUNCTION "Evil One"() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{RAN}'; END $$;
CREATE FUNCTION revealing() RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS 'SELECT max(secret) FROM members';
CREATE FUNCTION doubled(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 2 * $1';
"""
TABLES = ("orders", "bought", '"Odd name"')

WRITES = {
    "insert": "INSERT INTO orders VALUES (3, 'x', 1, 1)",
    "insert-returning": "INSERT INTO orders VALUES (3, 'x', 1, 1) RETURNING id",
    "update": "UPDATE orders SET won = 0",
    "update-returning": "UPDATE orders SET won = 0 RETURNING *",
    "delete": "DELETE FROM orders",
    "merge": "MERGE INTO orders USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    "truncate": "TRUNCATE orders",
    "drop": "DROP TABLE orders",
    "create": "CREATE TABLE x (a int)",
    "create-temp": "CREATE TEMP TABLE x (a int)",
    "create-as": "CREATE TABLE x AS SELECT 1",
    "select-into": "SELECT 1 AS a INTO x",
    "select-into-temp": "SELECT 1 AS a INTO TEMP x",
    "create-function": "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "create-extension": "CREATE EXTENSION dblink",
    "alter-system": "ALTER SYSTEM SET work_mem = '1GB'",
    "grant": "GRANT ALL ON orders TO public",
    "cte-insert": "WITH w AS (INSERT INTO orders VALUES (3, 'x', 1, 1) RETURNING id) SELECT * FROM w",
    "cte-update": "WITH w AS (UPDATE orders SET won = 0 RETURNING id) SELECT * FROM w",
    "cte-delete": "WITH w AS (DELETE FROM orders RETURNING id) SELECT count(*) FROM w",
    "cte-delete-inside": "SELECT * FROM (WITH w AS (DELETE FROM orders RETURNING id) SELECT * FROM w) q",
    "stacked": "SELECT 1; DELETE FROM orders",
    "stacked-behind-a-comment": "SELECT 1; -- done\nDELETE FROM orders",
    "stacked-behind-a-string": "SELECT ';'; DELETE FROM orders",
    "stacked-behind-dollars": "SELECT $a$;$a$; DELETE FROM orders",
    "stacked-behind-an-escape": "SELECT E'\\'; DELETE FROM orders; --'; DELETE FROM orders",
    "stacked-behind-backslash": "SELECT '\\'; DELETE FROM orders; --'",
    "stacked-commit": "SELECT 1; COMMIT; DELETE FROM orders",
    "out-of-the-parenthesis": "SELECT * FROM orders) AS q(a, b, c, d); DELETE FROM orders; --",
    "out-of-the-parenthesis-as-a-comment": "SELECT 1 /*",
    "out-of-the-parenthesis-as-a-string": "SELECT 1, '",
    "comment-in-front": "/* SELECT */ DELETE FROM orders",
    "nested-comment": "/* /* */ SELECT 1 */ DELETE FROM orders",
    "line-comment": "--\rDELETE FROM orders",
    "do": "DO $$ BEGIN DELETE FROM orders; END $$",
    "call": "CALL x()",
    "prepare": "PREPARE x AS DELETE FROM orders",
    "execute": "EXECUTE x",
    "declare": "DECLARE x CURSOR FOR SELECT 1",
    "explain-analyze": "EXPLAIN ANALYZE DELETE FROM orders",
    "for-update": "SELECT * FROM orders FOR UPDATE",
    "for-share": "SELECT * FROM orders FOR KEY SHARE",
    "lock": "LOCK TABLE orders",
    "nextval": "SELECT nextval('numbers')",
    "setval": "SELECT setval('numbers', 9)",
    "notify": "NOTIFY x",
    "notify-function": "SELECT pg_notify('x', 'y')",
    "listen": "LISTEN x",
    "vacuum": "VACUUM",
    "refresh": "REFRESH MATERIALIZED VIEW x",
    "large-object": "SELECT lo_create(0)",
    "large-object-from-bytes": "SELECT lo_from_bytea(0, 'x')",
}
REACHES = {
    "copy-program": "COPY (SELECT 1) TO PROGRAM 'touch /tmp/clovax-was-here'",
    "copy-from-program": "COPY orders FROM PROGRAM 'id'",
    "copy-file": "COPY (SELECT 1) TO '/tmp/clovax-was-here'",
    "copy-stdout": "COPY orders TO STDOUT",
    "read-file": "SELECT pg_read_file('/etc/passwd')",
    "read-binary-file": "SELECT pg_read_binary_file('/etc/passwd')",
    "read-file-qualified": "SELECT pg_catalog.pg_read_file('/etc/passwd')",
    "read-file-quoted": "SELECT \"pg_read_file\"('/etc/passwd')",
    "read-file-in-capitals": "SELECT PG_READ_FILE('/etc/passwd')",
    "read-file-with-a-comment": "SELECT pg_read_file/* x */('/etc/passwd')",
    "read-file-with-a-nested-comment": "SELECT pg_read_file /* /* ( */ */ ('/etc/passwd')",
    "read-file-on-two-lines": "SELECT pg_read_file -- (\n('/etc/passwd')",
    "read-file-in-unicode": "SELECT U&\"pg\\005fread_file\"('/etc/passwd')",
    "read-file-behind-an-escape": "SELECT E'a'\n'\\' ' || pg_read_file('/etc/passwd') || ' '",
    "read-file-in-from": "SELECT * FROM pg_read_file('/etc/passwd')",
    "read-file-in-a-cte": "WITH w AS (SELECT pg_read_file('/etc/passwd') AS t) SELECT * FROM w",
    "list-files": "SELECT pg_ls_dir('/')",
    "list-logs": "SELECT * FROM pg_ls_logdir()",
    "stat-file": "SELECT pg_stat_file('/etc/passwd')",
    "log-file": "SELECT pg_current_logfile()",
    "import": "SELECT lo_import('/etc/passwd')",
    "export": "SELECT lo_export(1, '/tmp/clovax-was-here')",
    "settings": "SELECT current_setting('data_directory')",
    "settings-table": "SELECT * FROM pg_settings",
    "hba": "SELECT * FROM pg_hba_file_rules",
    "passwords": "SELECT rolpassword FROM pg_authid",
    "shadow": "SELECT * FROM pg_shadow",
    "activity": "SELECT query FROM pg_stat_activity",
    "activity-function": "SELECT * FROM pg_stat_get_activity(NULL)",
    "locks": "SELECT * FROM pg_locks",
    "classes": "SELECT relname FROM pg_class",
    "dblink": "SELECT dblink('dbname=postgres', 'DELETE FROM orders')",
    "set-role": "SET ROLE postgres",
    "reset-role": "RESET ROLE",
    "session": "SET SESSION AUTHORIZATION postgres",
    "set-config": "SELECT set_config('role', 'postgres', false)",
    "set-config-writable": "SELECT set_config('transaction_read_only', 'off', false)",
    "set-writable": "SET TRANSACTION READ WRITE",
    "set-timeout": "SET statement_timeout = 0",
    "set-timeout-function": "SELECT set_config('statement_timeout', '0', false), pg_sleep(60)",
    "show": "SHOW ALL",
    "begin": "BEGIN",
    "commit": "COMMIT",
    "terminate": "SELECT pg_terminate_backend(pg_backend_pid())",
    "cancel": "SELECT pg_cancel_backend(1)",
    "reload": "SELECT pg_reload_conf()",
    "advisory-lock": "SELECT pg_advisory_lock(1)",
    "sleep": "SELECT pg_sleep(60)",
    "sleep-for": "SELECT pg_sleep_for('1 minute')",
    "wal": "SELECT pg_switch_wal()",
    "xml-of-a-query": "SELECT query_to_xml('SELECT secret FROM members', true, true, '')",
    "xml-of-a-table": "SELECT table_to_xml('members', true, true, '')",
    "xml-of-a-schema": "SELECT schema_to_xml('public', true, true, '')",
    "xml-of-the-database": "SELECT database_to_xml(true, true, '')",
    "statistics-of-a-query": "SELECT * FROM ts_stat('SELECT secret::tsvector FROM members')",
    "rewrite-by-a-query": "SELECT ts_rewrite('a'::tsquery, 'SELECT secret::tsquery, secret::tsquery FROM members')",
    "load": "LOAD 'evil'",
    "own-function": "SELECT evil()",
    "own-function-qualified": "SELECT public.evil()",
    "own-function-quoted": 'SELECT "Evil One"()',
    "own-function-as-a-column": "SELECT o.evil FROM orders o",
    "own-function-of-a-row": "SELECT (o).evil FROM orders o",
    "own-function-as-definer": "SELECT revealing()",
    "own-function-in-order": "SELECT 1 ORDER BY evil()",
    "own-function-in-a-condition": "SELECT 1 WHERE evil() = 1",
    "own-function-in-limit": "SELECT 1 LIMIT evil()",
    "own-function-in-a-filter": "SELECT count(*) FILTER (WHERE evil() = 1) FROM orders",
    "own-function-in-lateral": "SELECT * FROM orders, LATERAL evil() AS e",
    "own-function-in-values": "VALUES (evil())",
    "own-function-in-rows-from": "SELECT * FROM ROWS FROM (evil())",
}
OTHERS = {
    "other-table": "SELECT secret FROM members",
    "other-table-quoted": 'SELECT secret FROM "members"',
    "other-table-qualified": "SELECT secret FROM public.members",
    "other-table-in-another-schema": "SELECT secret FROM private.orders",
    "other-table-by-command": "TABLE members",
    "other-table-counted": "SELECT count(*) FROM members",
    "other-table-never-read": "SELECT 1 FROM members WHERE false",
    "other-table-joined": "SELECT * FROM orders JOIN members ON member = members.id",
    "other-table-in-a-condition": "SELECT 1 WHERE EXISTS (SELECT 1 FROM members)",
    "other-table-in-a-union": "SELECT item FROM orders UNION SELECT secret FROM members",
    "other-table-under-a-views-name": "WITH bought AS (SELECT secret FROM members) SELECT * FROM bought",
    "other-table-under-a-tables-name": "WITH orders AS (SELECT secret FROM members) SELECT * FROM orders",
    "other-table-sampled": "SELECT * FROM members TABLESAMPLE system(100)",
    "other-view": "SELECT * FROM names",
}
TOO_MUCH = {
    "recursion-without-end": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c",
    "series": "SELECT count(*) FROM generate_series(1, 1000000000000)",
    "cross-joins": "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
    "sorting": "SELECT n FROM generate_series(1, 1000000000000) n ORDER BY -n",
    "slow-pattern": "SELECT count(*) FROM generate_series(1, 10000000) n WHERE repeat('a', 9999) || n ~ '(a*)*b\\1'",
    "columns": "SELECT " + ",".join(["1"] * 500),
    "length": "SELECT 1 --" + "x" * 50_000,
    "parameter": "SELECT $1",
    "nothing": "  ",
    "only-a-comment": "-- SELECT 1",
    "only-a-semicolon": ";",
    "nul": "SELECT 1\0",
    "lone-surrogate": "SELECT '\udcff'",
    "no-sql": "please show me the orders",
    "cut-off": "SELECT * FROM orders WHERE (",
    "unknown-column": "SELECT colour FROM orders",
    "unknown-table": "SELECT * FROM order_items",
    "division": "SELECT 1/0",
    "cast": "SELECT 'x'::int",
}
HARMLESS = {
    "all": "SELECT * FROM orders",
    "semicolon": "SELECT count(*) FROM orders ; -- all",
    "comments": "/* how /* many */ */ SELECT count(*) -- of all\nFROM orders",
    "words-of-writing-in-a-string": "SELECT 'DROP TABLE orders; pg_sleep(9)' AS text FROM orders",
    "words-of-writing-in-dollars": "SELECT $q$evil(); 'x' $q$ || $$;$$",
    "words-of-writing-as-names": 'SELECT item AS "delete", won AS "pg_sleep" FROM orders',
    "escape": "SELECT E'it\\'s', 'back\\slash', 'it''s'",
    "percent": "SELECT 7 % 2, '100%', item FROM orders WHERE item LIKE '%사%'",
    "group": "SELECT member, sum(won), avg(won), array_agg(item ORDER BY id) FROM orders GROUP BY member",
    "window": "SELECT id, row_number() OVER (ORDER BY won), lag(won) OVER (ORDER BY id) FROM orders",
    "cte": "WITH dear AS (SELECT * FROM orders WHERE won > 10000) SELECT count(*) FROM dear",
    "recursion": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT sum(n) FROM c",
    "view": "SELECT name, item FROM bought ORDER BY name",
    "view-joined": "SELECT b.name, o.won FROM bought b JOIN orders o USING (item)",
    "values": "VALUES (1, 'x'), (2, 'y')",
    "table": "TABLE orders",
    "parenthesis": "(SELECT 1) UNION (SELECT 2)",
    "dates": "SELECT now(), current_date, date_trunc('month', now()), to_char(now(), 'YYYY'), 'infinity'::date",
    "random": "SELECT random() < 2, gen_random_uuid(), clock_timestamp()",
    "json": "SELECT '{\"a\": [1]}'::jsonb -> 'a', jsonb_build_object('x', 1), to_json(o) FROM orders o",
    "arrays": "SELECT ARRAY[1, 2], (ARRAY[1, 2])[1], unnest(ARRAY[1, 2])",
    "types": "SELECT 1.50::numeric, 1e300, 'NaN'::float8, true, NULL, '\\x00ff'::bytea, interval '1 day', row(1, 'x')",
    "same-names": "SELECT 1 AS a, 2 AS a",
    "own-function": "SELECT doubled(2)",
    "odd-name": 'SELECT * FROM "Odd name"',
    "korean-names": 'SELECT item AS 물건, won AS "값 \U0001f34e" FROM orders',
    "sample": "SELECT * FROM orders TABLESAMPLE bernoulli(100)",
    "size": "SELECT pg_size_pretty(pg_total_relation_size('orders')), pg_typeof(1)",
}


@dataclass
class Shop:
    """A database, as its owner sees it and as a role does that may read it."""

    owner: str
    reader: str

    def state(self) -> object:
        """Return what could have been changed."""
        with psycopg.connect(self.owner) as connection:
            return [
                connection.execute(query).fetchall()
                for query in (
                    "SELECT * FROM orders ORDER BY id",
                    "SELECT count(*) FROM pg_class WHERE relname NOT LIKE 'pg_toast%'",
                    "SELECT count(*) FROM pg_largeobject_metadata",
                    "SELECT last_value, is_called FROM numbers",
                    "SELECT count(*) FROM pg_proc",
                )
            ]


@pytest.fixture(scope="module")
def shop(postgres_server: str) -> Iterator[Shop]:
    """Make a database that all tests here read, and a role that may read some of it."""
    role = f"reader_{uuid4().hex}"
    name = compose.Identifier(role)
    with a_database(postgres_server) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SCHEMA)
            connection.execute(compose.SQL("CREATE ROLE {} LOGIN").format(name))
            grants = 'GRANT SELECT ON orders, members, bought, names, "Odd name" TO {}'
            connection.execute(compose.SQL(grants).format(name))
        yield Shop(url, url.replace("postgres:@", f"{role}:@"))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(compose.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(name))


def _reader(shop: Shop, who: str, tables: tuple[str, ...] | None = TABLES) -> PostgresReader:
    if who == "reader":
        return PostgresReader(shop.reader, tables=tables, limits=LIMITS)
    return PostgresReader(shop.owner, tables=tables, limits=LIMITS, allow_powerful_role=True)


@pytest.mark.parametrize("who", ["reader", "superuser"])
@pytest.mark.parametrize("sql", (WRITES | REACHES | OTHERS).values(), ids=(WRITES | REACHES | OTHERS))
@pytest.mark.soak(every=3)
def test_s04_is_refused(sql: str, who: str, shop: Shop) -> None:
    """Nothing is written, reached or told, even for a superuser, whom no permission holds back."""
    begun = time.monotonic()
    with pytest.raises(QueryError) as refused:
        _reader(shop, who).query(sql)
    assert time.monotonic() - begun < LIMITS.seconds + SLACK
    assert HUSH not in str(refused.value)
    assert RAN not in str(refused.value)


@pytest.mark.parametrize("sql", (WRITES | REACHES).values(), ids=(WRITES | REACHES))
def test_s04_is_refused_where_all_tables_may_be_read(sql: str, shop: Shop) -> None:
    """To allow all tables allows reading them, and no more."""
    with pytest.raises(QueryError) as refused:
        _reader(shop, "superuser", None).query(sql)
    assert HUSH not in str(refused.value)
    assert RAN not in str(refused.value)


@pytest.mark.parametrize("sql", TOO_MUCH.values(), ids=TOO_MUCH)
@pytest.mark.soak(every=3)
def test_s04_is_too_much(sql: str, shop: Shop) -> None:
    """What is wrong or has no end is an error in bounded time, with a text that a model can act on."""
    begun = time.monotonic()
    with pytest.raises(QueryError) as refused:
        _reader(shop, "reader").query(sql)
    assert time.monotonic() - begun < LIMITS.seconds + SLACK
    assert 10 < len(str(refused.value)) <= 600


@pytest.mark.parametrize("sql", HARMLESS.values(), ids=HARMLESS)
def test_s04_passes(sql: str, shop: Shop) -> None:
    """What only reads, is read."""
    rows = _reader(shop, "reader").query(sql)
    assert rows.columns
    assert rows.complete


def test_s04_nothing_has_changed(shop: Shop) -> None:
    """After a query of every kind, rows, tables, sequences and large objects are what they were."""
    before = shop.state()
    for sql in (WRITES | REACHES | OTHERS | HARMLESS).values():
        try:
            _reader(shop, "superuser").query(sql)
        except QueryError:
            continue
    assert shop.state() == before


def test_s04_results_are_capped(shop: Shop) -> None:
    """Rows and values have an end, and long values are cut before they are sent."""
    reader = _reader(shop, "reader")
    rows = reader.query("SELECT generate_series(1, 1000)")
    assert (len(rows.rows), rows.complete) == (50, False)
    long = reader.query("SELECT repeat('x', 50000000), decode(repeat('00', 1000), 'hex'), repeat('가', 5)::varchar")
    assert long.rows == [["x" * 1_000 + "…", "<1000 bytes>", "가" * 5]]
    least = PostgresReader(shop.reader, limits=QueryLimits(result_characters=100)).query(
        "SELECT repeat('x', 60) FROM generate_series(1, 9)"
    )
    assert (len(least.rows), least.complete) == (2, False)


@pytest.mark.parametrize("power", ["pg_read_server_files", "pg_write_server_files", "pg_execute_server_program"])
def test_s04_a_powerful_role_is_refused(power: str, shop: Shop) -> None:
    """Superusers and who reaches the server's files are not worked for, unless somebody says so."""
    role = compose.Identifier(f"powerful_{uuid4().hex}")
    with psycopg.connect(shop.owner, autocommit=True) as connection:
        connection.execute(compose.SQL("CREATE ROLE {} LOGIN").format(role))
        connection.execute(compose.SQL("GRANT {} TO {}").format(compose.Identifier(power), role))
        url = shop.owner.replace("postgres:@", f"{role.as_string(None)[1:-1]}:@")
        try:
            with pytest.raises(ConfigurationError, match=f"a member of {power}"):
                PostgresReader(url).query("SELECT 1")
            assert PostgresReader(url, allow_powerful_role=True).query("SELECT 1").rows == [[1]]
        finally:
            connection.execute(compose.SQL("DROP ROLE {}").format(role))
    for ask in (
        PostgresReader.tables,
        lambda reader: reader.query("SELECT 1"),
        lambda reader: reader.describe("orders"),
    ):
        with pytest.raises(ConfigurationError, match="is a superuser"):
            ask(PostgresReader(shop.owner))


def test_s04_rules_for_rows_hold(shop: Shop) -> None:
    """A table whose rules for rows read another table can be read without allowing that one."""
    with psycopg.connect(shop.owner, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE own (id int, member int); INSERT INTO own VALUES (1, 1), (2, 2);"
            "GRANT SELECT ON own TO PUBLIC; ALTER TABLE own ENABLE ROW LEVEL SECURITY;"
            "CREATE POLICY mine ON own USING (member = (SELECT min(id) FROM members))"
        )
        reader = PostgresReader(shop.reader, tables=("own",))
        try:
            assert reader.query("SELECT id FROM own").rows == [[1]]
            with pytest.raises(QueryRefusedError, match="'members' may not be read"):
                reader.query("SELECT id FROM own WHERE member IN (SELECT id FROM members)")
        finally:
            connection.execute("DROP TABLE own")


def test_s04_errors_help(shop: Shop) -> None:
    """The model reads what Postgres says, or what there is instead of what it asked for; nobody reads the URL."""
    reader = _reader(shop, "reader")
    with pytest.raises(QueryError, match=r'column "wons" does not exist Perhaps you meant to reference .*orders.won'):
        reader.query("SELECT wons FROM orders")
    with pytest.raises(QueryRefusedError, match="'members' may not be read; there are: \"Odd name\", bought, orders"):
        reader.query("SELECT * FROM members")
    with pytest.raises(QueryError, match="took longer than 1 s"):
        reader.query(TOO_MUCH["series"])
    with pytest.raises(ConfigurationError, match="there is no table 'nowhere' that this role can see"):
        PostgresReader(shop.reader, tables=("nowhere",)).tables()
    with pytest.raises(ToolFailed) as unreachable:
        PostgresReader("postgresql://someone:hunter2@127.0.0.1:1/db").query("SELECT 1")
    assert str(unreachable.value) == "the database cannot be reached"


def test_s04_a_locked_table_is_not_waited_for(shop: Shop) -> None:
    """Somebody else's lock ends a query in bounded time."""
    with psycopg.connect(shop.owner) as other:
        other.execute("LOCK TABLE orders")
        begun = time.monotonic()
        with pytest.raises(QueryError):
            _reader(shop, "reader").query("SELECT * FROM orders")
        assert time.monotonic() - begun < LIMITS.seconds + SLACK


PIECES = st.sampled_from(
    ["'", '"', "$$", "$a$", "E'", "e'", "\\", "/*", "*/", "--", "\n", "\r", " evil() ", "evil", "(", ")", "U&'", 'U&"',
     "''", "\\'", " || ", " x ", "1", "$1", "B'", "N'", "::", "\u00a0", "\v", '"Evil One"', "é", "$", ",", ";"]
)  # fmt: skip


def test_s04_no_combination_calls_a_function_that_writes(shop: Shop) -> None:
    """However quotes and comments are put together, the guard reads the words that Postgres reads."""
    reader = _reader(shop, "superuser", None)

    @settings(max_examples=300, suppress_health_check=list(HealthCheck))
    @given(st.lists(PIECES, max_size=12).map("".join))
    def holds(text: str) -> None:
        for query in (f"SELECT {text}", f"SELECT '{text}'", f"SELECT E'a'{text} || evil()"):
            try:
                shown = repr(reader.query(query).rows)
            except QueryError as error:
                shown = str(error)
            assert RAN not in shown

    holds()


@given(st.lists(PIECES, max_size=12).map("".join))
def test_s04_words_are_read_or_refused(text: str) -> None:
    """Any text is read, or refused with our error; and what is read is the text, up to its semicolon."""
    try:
        words = read_words(text)
    except QueryRefusedError:
        return
    assert text.startswith(words.text)
    assert words.called <= words.names
