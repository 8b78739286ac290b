"""S04 in SQLite: no write, no other file, no table that is not allowed, in bounded time and size."""

import hashlib
import sqlite3
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import ConfigurationError, QueryError, QueryRefusedError, ToolFailed
from clovax_agents.guards.sql import QueryLimits
from clovax_agents.guards.sqlite import SqliteReader

HUSH = "hush-hush"
LIMITS = QueryLimits(seconds=0.5, rows=50)
SLACK = 3.0
"""Seconds for one step that nothing interrupts, on a busy machine."""
SCHEMA = f"""
CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL, won INTEGER, member INTEGER REFERENCES members(id));
INSERT INTO orders VALUES (1, '사과', 9000, 1), (2, '배', 12000, 2);
CREATE TABLE members (id INTEGER PRIMARY KEY, name TEXT, secret TEXT);
INSERT INTO members VALUES (1, '김', '{HUSH}'), (2, '이', '{HUSH}');
CREATE VIEW names AS SELECT id, name FROM members;
CREATE VIEW bought AS SELECT item, name FROM orders JOIN names ON member = names.id;
CREATE VIRTUAL TABLE notes USING fts5(body);
INSERT INTO notes VALUES ('사과가 맛있다');
CREATE TABLE "odd name" (a);
"""
TABLES = ("orders", "bought", "notes", "odd name")

REFUSED = {
    "insert": "INSERT INTO orders VALUES (3, 'x', 1, 1)",
    "insert-returning": "INSERT INTO orders VALUES (3, 'x', 1, 1) RETURNING id",
    "replace": "REPLACE INTO orders VALUES (1, 'x', 1, 1)",
    "update": "UPDATE orders SET won = 0",
    "delete": "DELETE FROM orders",
    "delete-returning": "DELETE FROM orders RETURNING item",
    "drop": "DROP TABLE orders",
    "alter": "ALTER TABLE orders ADD COLUMN x",
    "create": "CREATE TABLE x (a)",
    "create-temp": "CREATE TEMP TABLE x AS SELECT * FROM orders",
    "create-view": "CREATE VIEW x AS SELECT 1",
    "create-temp-trigger": "CREATE TEMP TRIGGER x AFTER INSERT ON orders BEGIN SELECT 1; END",
    "create-virtual-table": "CREATE VIRTUAL TABLE x USING fts5(a)",
    "create-index": "CREATE INDEX x ON orders(won)",
    "reindex": "REINDEX",
    "analyze": "ANALYZE",
    "vacuum": "VACUUM",
    "vacuum-into": "VACUUM INTO '{folder}/stolen.db'",
    "cte-insert": "WITH w AS (SELECT 3) INSERT INTO orders SELECT 3, 'x', 1, 1 FROM w",
    "cte-update": "WITH w AS (SELECT 1) UPDATE orders SET won = 0",
    "cte-delete": "WITH w AS (SELECT 1) DELETE FROM orders",
    "comment-in-front": "/* SELECT */ DELETE FROM orders",
    "comment-inside": "DEL/**/ETE FROM orders",
    "line-comment": "-- SELECT 1\nDELETE FROM orders",
    "stacked": "SELECT 1; DELETE FROM orders",
    "stacked-reads": "SELECT 1; SELECT 2",
    "stacked-behind-a-comment": "SELECT 1; -- done\n DELETE FROM orders",
    "stacked-behind-a-string": "SELECT ';'; DELETE FROM orders",
    "attach": "ATTACH '{folder}/stolen.db' AS x",
    "attach-memory": "ATTACH ':memory:' AS x",
    "attach-passwd": "ATTACH DATABASE '/etc/passwd' AS x",
    "detach": "DETACH main",
    "begin": "BEGIN IMMEDIATE",
    "commit": "COMMIT",
    "savepoint": "SAVEPOINT x",
    "pragma-query-only": "PRAGMA query_only = OFF",
    "pragma-writable-schema": "PRAGMA writable_schema = ON",
    "pragma-journal": "PRAGMA journal_mode = DELETE",
    "pragma-user-version": "PRAGMA user_version = 7",
    "pragma-read": "PRAGMA database_list",
    "pragma-schema-of-another": "PRAGMA table_info(members)",
    "pragma-function": "SELECT * FROM pragma_database_list",
    "pragma-function-of-another": "SELECT * FROM pragma_table_info('members')",
    "pragma-heap": "PRAGMA hard_heap_limit = 1",
    "load-extension": "SELECT load_extension('/tmp/evil.so')",
    "readfile": "SELECT readfile('/etc/passwd')",
    "writefile": "SELECT writefile('{folder}/x', 'x')",
    "edit": "SELECT edit('x', 'sh')",
    "tokenizer": "SELECT fts3_tokenizer('simple')",
    "zeroblob": "SELECT zeroblob(2000000000)",
    "zeroblobs": "SELECT group_concat(zeroblob(100000000)) FROM orders",
    "randomblob": "SELECT hex(randomblob(100000000))",
    "printf": "SELECT printf('%.*c', 2000000000, 'x')",
    "format": "SELECT format('%2000000000d', 1)",
    "source-id": "SELECT sqlite_source_id()",
    "compile-options": "SELECT sqlite_compileoption_get(1)",
    "other-table": "SELECT secret FROM members",
    "other-table-quoted": 'SELECT secret FROM "members"',
    "other-table-in-brackets": "SELECT secret FROM [members]",
    "other-table-in-backticks": "SELECT secret FROM `members`",
    "other-table-as-a-string": "SELECT secret FROM 'members'",
    "other-table-in-capitals": "SELECT SECRET FROM MEMBERS",
    "other-table-with-schema": "SELECT secret FROM main.members",
    "other-table-counted": "SELECT count(*) FROM members",
    "other-table-joined": "SELECT o.id FROM orders o JOIN members m ON o.member = m.id",
    "other-table-in-a-condition": "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM members)",
    "other-table-in-order-by": "SELECT id FROM orders ORDER BY (SELECT secret FROM members LIMIT 1)",
    "other-table-in-a-union": "SELECT item FROM orders UNION ALL SELECT secret FROM members",
    "other-table-under-a-views-name": "WITH bought AS (SELECT secret FROM members) SELECT * FROM bought",
    "other-table-under-a-tables-name": "WITH orders AS MATERIALIZED (SELECT secret FROM members) SELECT * FROM orders",
    "other-view": "SELECT * FROM names",
    "other-table-by-rowid": "SELECT rowid FROM members",
    "other-table-in": "SELECT 1 WHERE 'x' IN members",
    "shadow-of-a-search": "SELECT * FROM notes_content",
    "schema-table": "SELECT sql FROM sqlite_master",
    "schema-table-under-its-other-name": "SELECT sql FROM sqlite_schema",
    "schema-table-of-temp": "SELECT sql FROM sqlite_temp_master",
    "statistics": "SELECT * FROM dbstat",
    "statistics-counted": "SELECT count(*) FROM dbstat",
    "statements": "SELECT * FROM sqlite_stmt",
    "pages": "SELECT data FROM sqlite_dbpage",
    "explain-delete": "EXPLAIN DELETE FROM orders",
}
"""What is refused, and what does not even exist here."""
ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
MANY = "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000) SELECT * FROM c)"
TOO_MUCH = {
    "recursion-without-end": ENDLESS + "SELECT max(n) FROM c",
    "recursion-that-grows": "WITH RECURSIVE c(t) AS (SELECT 'x' UNION ALL SELECT t || t FROM c) SELECT max(t) FROM c",
    "cross-joins": f"SELECT count(*) FROM {MANY} a, {MANY} b, {MANY} d",
    "sorting-without-end": ENDLESS + "SELECT n FROM c ORDER BY -n",
    "doubling": "SELECT " + "replace(" * 30 + "'xx'" + ", 'x', 'xx')" * 30,
    "hex-of-hex": "SELECT " + "hex(" * 40 + "'x'" + ")" * 40,
    "aggregate-that-grows": ENDLESS + "SELECT group_concat(n) FROM c",
    "json-that-grows": ENDLESS + "SELECT json_group_array(n) FROM c",
    "unions": " UNION ALL ".join(["SELECT 1"] * 400),
    "depth": "SELECT " + "(" * 900 + "1" + ")" * 900,
    "terms": "SELECT " + "+".join(["1"] * 5_000),
    "columns": "SELECT " + ",".join(["1"] * 1_500),
    "length": "SELECT 1 --" + "x" * 50_000,
    "variables": "SELECT " + ",".join(["?"] * 50),
    "a-variable": "SELECT ?",
    "like": "SELECT 'x' LIKE '" + "%x" * 500 + "'",
    "nothing": "",
    "only-a-comment": "-- SELECT 1",
    "only-a-semicolon": ";",
    "nul": "SELECT 1\0; DELETE FROM orders",
    "lone-surrogate": "SELECT '\udcff'",
    "no-sql": "please show me the orders",
    "cut-off": "SELECT * FROM orders WHERE (",
    "unknown-column": "SELECT colour FROM orders",
    "unknown-table": "SELECT * FROM order_items",
}
HARMLESS = {
    "all": "SELECT * FROM orders",
    "semicolon": "SELECT count(*) FROM orders;",
    "comments": "/* how many */ SELECT count(*) -- of all\nFROM orders",
    "words-of-writing-in-a-string": "SELECT 'DROP TABLE orders; DELETE' AS text FROM orders",
    "words-of-writing-as-names": 'SELECT item AS "delete", won AS "update" FROM orders',
    "semicolon-in-a-string": "SELECT ';' AS mark",
    "group": "SELECT member, sum(won) AS total, avg(won) FROM orders GROUP BY member HAVING total > 0 ORDER BY 2 DESC",
    "window": "SELECT id, row_number() OVER (ORDER BY won), sum(won) OVER () FROM orders",
    "cte": "WITH dear AS (SELECT * FROM orders WHERE won > 10000) SELECT count(*) FROM dear",
    "recursion": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT sum(n) FROM c",
    "recursion-cut": ENDLESS + "SELECT n FROM c LIMIT 5",
    "view": "SELECT name, item FROM bought ORDER BY name",
    "view-counted": "SELECT count(*) FROM bought",
    "view-joined": "SELECT b.name, o.won FROM bought b JOIN orders o USING (item)",
    "full-text": "SELECT body FROM notes WHERE notes MATCH '사과가'",
    "full-text-ranked": "SELECT bm25(notes), snippet(notes, 0, '<', '>', '…', 4) FROM notes WHERE notes MATCH '사과가'",
    "json": "SELECT value FROM json_each('[1, 2]')",
    "json-path": "SELECT json_extract('{\"a\": 1}', '$.a'), '{\"a\": 1}' ->> 'a'",
    "dates": "SELECT date('2026-01-31', '+1 month'), strftime('%Y', 'now'), current_timestamp",
    "texts": "SELECT upper(item), substr(item, 1, 1), replace(item, '사', '1'), instr(item, '과') FROM orders",
    "case": "SELECT CASE WHEN won > 10000 THEN 'dear' ELSE 'cheap' END FROM orders",
    "like": "SELECT id FROM orders WHERE item LIKE '%사%' OR item GLOB '배*'",
    "union": "SELECT item FROM orders UNION SELECT body FROM notes",
    "values": "VALUES (1), (2)",
    "schema": "PRAGMA table_info(orders)",
    "plan": "EXPLAIN QUERY PLAN SELECT * FROM orders WHERE id = 1",
    "odd-name": 'SELECT * FROM "odd name"',
    "korean-names": 'SELECT item AS 물건, won AS "값" FROM orders',
    "blob": "SELECT x'00ff'",
    "infinite": "SELECT 1e999, -1e999, 9223372036854775807",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database that all tests here read."""
    path = tmp_path_factory.mktemp("s04") / "shop?mode=rwc&x=%41#.db"  # a name that a URI would read otherwise
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.close()
    return path


def _state(path: Path) -> tuple[str, list[str]]:
    return hashlib.sha256(path.read_bytes()).hexdigest(), sorted(each.name for each in path.parent.iterdir())


@pytest.mark.parametrize("sql", REFUSED.values(), ids=REFUSED)
def test_s04_is_refused(sql: str, shop: Path) -> None:
    """Nothing is read or written, the file and its folder stay as they are, and the error names no secret."""
    before = _state(shop)
    with pytest.raises(QueryError) as refused:
        SqliteReader(shop, tables=TABLES, limits=LIMITS).query(sql.replace("{folder}", str(shop.parent)))
    assert HUSH not in str(refused.value)
    assert str(shop) not in str(refused.value)
    assert _state(shop) == before


@pytest.mark.parametrize("sql", TOO_MUCH.values(), ids=TOO_MUCH)
@pytest.mark.soak(every=2)
def test_s04_is_too_much(sql: str, shop: Path) -> None:
    """What is wrong or has no end is an error in bounded time, with a text that a model can act on."""
    begun = time.monotonic()
    with pytest.raises(QueryError) as refused:
        SqliteReader(shop, tables=TABLES, limits=LIMITS).query(sql)
    assert time.monotonic() - begun < LIMITS.seconds + SLACK
    assert 10 < len(str(refused.value)) <= 600


@pytest.mark.parametrize("sql", HARMLESS.values(), ids=HARMLESS)
def test_s04_passes(sql: str, shop: Path) -> None:
    """What only reads, is read."""
    rows = SqliteReader(shop, tables=TABLES, limits=LIMITS).query(sql)
    assert rows.columns
    assert rows.complete


@pytest.mark.parametrize(
    "sql", [sql for name, sql in REFUSED.items() if not name.startswith(("other-", "schema-of", "pragma-schema"))]
)
@pytest.mark.soak(every=2)
def test_s04_is_refused_where_all_tables_may_be_read(sql: str, shop: Path) -> None:
    """To allow all tables allows reading them, and no more."""
    before = _state(shop)
    reader = SqliteReader(shop, limits=LIMITS)
    try:
        reader.query(sql.replace("{folder}", str(shop.parent)))
    except QueryError:
        pass
    else:
        assert sql in {REFUSED["shadow-of-a-search"], REFUSED["pragma-function-of-another"]}
    assert _state(shop) == before
    assert reader.query("SELECT count(*) FROM members").rows == [[2]]


def test_s04_results_are_capped(shop: Path) -> None:
    """Rows, values and the whole of a result have an end, and it is said that there is more."""
    series = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100000) "
    rows = SqliteReader(shop, limits=LIMITS).query(series + "SELECT n FROM c")
    assert (len(rows.rows), rows.complete) == (50, False)
    long = SqliteReader(shop, limits=QueryLimits(cell_characters=10)).query(f"SELECT '{'가' * 99}', x'{'00' * 99}'")
    assert long.rows == [["가" * 10 + "…", "<99 bytes>"]]
    most = SqliteReader(shop, limits=QueryLimits(rows=10_000, result_characters=1_000)).query(
        f"{series} SELECT '{'x' * 100}' FROM c"
    )
    assert (len(most.rows), most.complete) == (10, False)


def test_s04_the_file_is_read_only_even_past_the_authorizer(shop: Path) -> None:
    """Behind the authorizer stand the connection's own two locks."""
    connection = SqliteReader(shop)._connect()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM orders")
    connection.execute("PRAGMA query_only = OFF")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM orders")
    connection.close()


def test_s04_errors_help(shop: Path) -> None:
    """The model reads what SQLite says, or what there is instead of what it asked for."""
    reader = SqliteReader(shop, tables=TABLES)
    with pytest.raises(QueryError, match="no such column: colour"):
        reader.query("SELECT colour FROM orders")
    with pytest.raises(
        QueryRefusedError, match="'members' may not be read; there are: bought, notes, odd name, orders"
    ):
        reader.query("SELECT * FROM members")
    with pytest.raises(QueryRefusedError, match="the function zeroblob may not be used"):
        reader.query("SELECT zeroblob(1)")
    with pytest.raises(QueryRefusedError, match="only one statement"):
        reader.query("SELECT 1; SELECT 2")
    with pytest.raises(ConfigurationError, match="no table 'nowhere'; it has: bought, members"):
        SqliteReader(shop, tables=("nowhere",)).tables()


def test_s04_a_hostile_file_is_an_error(tmp_path: Path) -> None:
    """What is no database, or a broken one, ends with an error of ours."""
    (tmp_path / "text.db").write_text("no database " * 100)
    with pytest.raises(ToolFailed, match="file is not a database"):
        SqliteReader(tmp_path / "text.db").query("SELECT 1")
    with pytest.raises(ConfigurationError, match="there is no SQLite file"):
        SqliteReader(tmp_path / "nothing.db")
    assert not (tmp_path / "nothing.db").exists()


def test_s04_a_file_that_others_write_is_read(tmp_path: Path) -> None:
    """In both of SQLite's ways to write, each query sees what was committed before it."""
    for mode in ("WAL", "DELETE"):
        path = tmp_path / f"{mode}.db"
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute(f"PRAGMA journal_mode = {mode}")
        writer.execute("CREATE TABLE t (a)")
        reader = SqliteReader(path, limits=LIMITS)
        writer.execute("INSERT INTO t VALUES (1)")
        assert reader.query("SELECT count(*) FROM t").rows == [[1]]
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO t VALUES (2)")
        assert reader.query("SELECT count(*) FROM t").rows == [[1]]
        writer.execute("COMMIT")
        assert reader.query("SELECT count(*) FROM t").rows == [[2]]
        writer.close()


def test_s04_a_locked_file_is_not_waited_for(tmp_path: Path) -> None:
    """Somebody else's lock ends a query in bounded time."""
    writer = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    writer.execute("CREATE TABLE t (a)")
    writer.execute("BEGIN EXCLUSIVE")
    begun = time.monotonic()
    with pytest.raises((ToolFailed, QueryError), match="locked"):
        SqliteReader(tmp_path / "t.db", limits=LIMITS).query("SELECT * FROM t")
    assert time.monotonic() - begun < LIMITS.seconds + SLACK
    writer.close()


PIECES = st.sampled_from(
    ["SELECT", "secret", "members", '"members"', "[members]", "'members'", "FROM", "orders", "bought", "names", "*",
     ",", "WITH", "AS", "(", ")", "UNION ALL", "WHERE", "IN", "EXISTS", "main.", ";", "/*", "*/", "--", "\n",
     "count(*)", "item", "1", "JOIN", "ON", "m", "LIMIT 1", "RECURSIVE",
     "x", "sqlite_master", "'", "PRAGMA",
     "table_info"]
)  # fmt: skip
BOUGHT = "bought AS (SELECT secret FROM members)"
SHAPES = st.lists(PIECES, max_size=14).map(" ".join) | st.builds(
    "{}SELECT {} FROM {}{}".format,
    st.sampled_from(["", f"WITH {BOUGHT} ", "WITH RECURSIVE bought(a) AS (SELECT secret FROM [MEMBERS]) ", "/**/"]),
    st.sampled_from(["*", "secret", "count(*)", "(SELECT secret FROM members)", "members.secret", "max(secret)"]),
    st.sampled_from(["bought", "members", "main.members", "orders, members", "names", '"bought" AS members']),
    st.sampled_from(["", " UNION SELECT secret FROM members", " WHERE EXISTS (SELECT * FROM members)", "; SELECT 1"]),
)


def test_s04_no_combination_reads_what_may_not_be_read(shop: Path) -> None:
    """Whatever is put together of what names a table, no secret is in the result or in the error."""
    reader = SqliteReader(shop, tables=TABLES, limits=LIMITS)
    before = _state(shop)

    @given(SHAPES)
    def holds(sql: str) -> None:
        try:
            shown = repr(reader.query(sql).rows)
        except QueryError as error:
            shown = str(error)
        assert HUSH not in shown

    holds()
    assert _state(shop) == before
