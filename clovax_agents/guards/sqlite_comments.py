"""What is said about tables and columns in the statements that made them: SQLite keeps comments nowhere else."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["read_comments"]

_TEXT: Final = re.compile(r"'(?:[^']|'')*'")
_LINE: Final = re.compile(r"^\s*(?P<code>.*?)\s*--\s*(?P<comment>.*?)\s*$")
_NAME: Final = re.compile(r"""["`\[]?(?P<name>[^\s"`\](),]+)""")
_TITLE: Final = re.compile(r"(?i)\s*create\b[^(]*\(\s*$")
_INSIDE: Final = re.compile(r"\([^()]*\)")


def read_comments(statement: str) -> tuple[str, dict[str, str]]:
    r"""Return the comment on a table, and those on its columns by their names in lower case.

    What stands behind the opening parenthesis is about the table, and behind a column about that, if it is alone in
    its line.

    Args:
        statement: that made the table.

    Example:
        >>> read_comments("CREATE TABLE orders ( -- 주문\n  id TEXT, -- 주문 번호\n  won INTEGER -- 금액(원)\n)")
        ('주문', {'id': '주문 번호', 'won': '금액(원)'})
    """
    about, comments = "", dict[str, str]()
    for line in _TEXT.sub("''", statement).splitlines():
        if (found := _LINE.match(line)) is None or not found["comment"]:
            continue
        if _TITLE.fullmatch(found["code"]):
            about = found["comment"]
        elif (name := _NAME.match(found["code"])) and "," not in _INSIDE.sub("", found["code"]).rstrip(","):
            comments[name["name"].lower()] = found["comment"]
    return about, comments
