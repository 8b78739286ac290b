"""What a model reads about files and tables, in English or in Korean: the environment variable ``CLOVAX_LANG`` decides.

Below the tools' own table of this kind, which the guards must not know.
"""

from __future__ import annotations

import os
from typing import Any, Final

__all__ = ["say"]

_KOREAN: Final = {
    # Paths
    "the path {path} is absolute; write it as it is beneath the folder, for instance {example}":
        "{path}는 절대 경로입니다. 폴더 아래의 경로로 쓰세요. 예: {example}",
    "the path {path} has a backslash; write / between folders":
        "{path} 경로에 역슬래시가 있습니다. 폴더는 /로 구분하세요",
    "the path {path} leads upwards; '..' is not allowed": "{path} 경로는 위로 올라갑니다. '..'은 쓸 수 없습니다",
    "the path {path} is too long": "{path} 경로가 너무 깁니다",
    "the path {path} has a name that stands for something else on some systems":
        "{path} 경로에 다른 뜻으로 읽힐 수 있는 이름이 있습니다",
    "the path {path} has characters that cannot be seen": "{path} 경로에 보이지 않는 문자가 있습니다",
    "the path {path} is closed": "{path} 경로는 열 수 없게 되어 있습니다",
    "the path {path} goes through a link": "{path} 경로가 링크를 지나갑니다",
    "there is nothing at {path}; list the files to see what there is":
        "{path}에 아무것도 없습니다. 파일 목록을 먼저 확인하세요",
    "{path} goes through a link, or something else that is no folder":
        "{path} 경로 중간에 링크가 있거나 폴더가 아닌 것이 있습니다",
    "{path} cannot be used: {reason}": "{path}를 사용할 수 없습니다: {reason}",
    "{path} is {kind}, not a file": "{path}는 파일이 아니라 {kind}입니다",
    "{path} has other names elsewhere (hard links)": "{path}는 다른 곳에도 이름이 있는 파일입니다(하드 링크)",
    "{path} is too large to read: {size:,} bytes, and {most:,} are allowed":
        "{path}는 너무 커서 읽을 수 없습니다: {size:,}바이트, 최대 {most:,}바이트",
    "a file of {size:,} bytes is too large to write; {most:,} are allowed":
        "{size:,}바이트는 너무 커서 쓸 수 없습니다. 최대 {most:,}바이트",
    "there is a file {path} already": "{path} 파일이 이미 있습니다",
    "{path} has changed since it was read; read it again": "{path}는 읽은 뒤에 바뀌었습니다. 다시 읽으세요",
    "a folder": "폴더",
    "a link": "링크",
    "a pipe": "파이프",
    "a socket": "소켓",
    "a device": "장치",
    "something else": "다른 것",
    # SQL
    "there is no query in it; write one SELECT statement": "쿼리가 없습니다. SELECT 문을 하나 쓰세요",
    "the SQL is longer than {most:,} characters": "SQL이 {most:,}자보다 깁니다",
    "only one statement is run at a time; write one SELECT": "한 번에 한 문장만 실행합니다. SELECT 문을 하나만 쓰세요",
    "only reading is allowed, and this would do something else; write one SELECT":
        "읽기만 할 수 있는데 이 쿼리는 다른 일을 합니다. SELECT 문을 하나 쓰세요",
    "the table {name} may not be read; there are: {known}":
        "{name} 테이블은 읽을 수 없습니다. 읽을 수 있는 테이블: {known}",
    "the function {name} may not be used": "{name} 함수는 쓸 수 없습니다",
    "the query took longer than {seconds:g} s and was stopped; ask for less, with conditions or a LIMIT":
        "쿼리가 {seconds:g}초를 넘어 중단했습니다. 조건이나 LIMIT으로 범위를 줄이세요",
    "the query is not written as the database writes it, near {place}":
        "데이터베이스 문법에 맞지 않습니다: {place} 근처",
    "a result may have {most} columns, and this has {count}; name those that you need":
        "결과는 {most}열까지인데 {count}열입니다. 필요한 열만 쓰세요",
    "the database cannot be reached": "데이터베이스에 연결할 수 없습니다",
    "none": "없음",
}  # fmt: skip


def say(sentence: str, /, **values: Any) -> str:
    """Return a sentence in the language that is asked for, English by default, with the values put in.

    Args:
        sentence: in English, a format string.
        **values: that it names.

    Example:
        >>> say("there is a file {path} already", path="'a.txt'")
        "there is a file 'a.txt' already"
    """
    wanted = _KOREAN.get(sentence, sentence) if os.environ.get("CLOVAX_LANG", "").lower().startswith("ko") else sentence
    return wanted.format(**values)
