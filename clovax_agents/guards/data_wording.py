"""What a model reads about files and tables, in English or in Korean: the environment variable ``CLOVAX_LANG`` decides.

Below the tools' own table of this kind, which the guards must not know.
"""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

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
    # What the tools are for
    "List the files and folders in a folder, with their sizes": "폴더의 파일과 하위 폴더를 크기와 함께 조회합니다",
    "Read a text file, or some lines of it": "텍스트 파일의 전체 또는 일부 줄을 읽습니다",
    "Find the lines of text files that contain a text, whether in capitals or not; the text is no pattern":
        "텍스트 파일에서 주어진 말이 들어 있는 줄을 찾습니다. 대소문자는 가리지 않고, 정규식은 쓸 수 없습니다",
    "Write a text file with the folders it is in": "텍스트 파일을 저장합니다. 경로의 폴더가 없으면 만듭니다",
    "Replace one piece of a text file by another": "텍스트 파일의 한 부분을 다른 내용으로 수정합니다",
    "Path of a file beneath the folder, for instance notes/today.md": "폴더 아래 파일의 경로. 예: notes/today.md",
    "Path of a folder beneath the folder; . for all of it": "폴더 아래 하위 폴더의 경로. 전체는 .",
    "Names of files, for instance *.md": "파일 이름의 패턴. 예: *.md",
    "List what is in its folders, too": "하위 폴더의 내용까지 보여 줄지",
    "Where to begin; 1 is the first line": "몇 번째 줄부터 읽을지. 첫 줄은 1",
    "How many lines at most": "최대 몇 줄을 읽을지",
    "What to look for, within one line": "찾을 말. 한 줄 안에 있어야 합니다",
    "All of the file's text": "파일의 전체 내용",
    "Replace the file if it is there already": "파일이 이미 있으면 덮어쓸지",
    "What is to be replaced, exactly as it stands in the file, there just once":
        "바꿀 부분. 파일에 적힌 그대로, 파일에 한 번만 나오는 것이어야 합니다",
    "What is to be there instead; empty to delete": "새로 넣을 내용. 지우려면 빈 문자열",
    "List the tables of the database that can be queried": "데이터베이스에서 읽을 수 있는 테이블을 조회합니다",
    "Show the columns of tables with their types, and a few of their rows. Use it before writing a query":
        "테이블의 열과 자료형, 예시 행 몇 개를 보여 줍니다. 쿼리를 쓰기 전에 확인하세요",
    "Run one SELECT on the database and return its rows. The database can only be read":
        "데이터베이스에서 SELECT 문 하나를 실행해 결과를 조회합니다. 읽기만 할 수 있습니다",
    "Names of the tables": "테이블의 이름",
    "One SELECT statement, in the database's own dialect": "SELECT 문 하나. 데이터베이스의 문법을 따릅니다",
    # Results of the tools
    "{path} is not text": "{path}는 텍스트 파일이 아닙니다",
    "{path} has {count:,} lines; {first:,} is behind its end":
        "{path}는 {count:,}줄인데 {first:,}번째 줄부터 달라고 했습니다",
    "{path}, lines {first:,} to {last:,} of {count:,}": "{path}, 전체 {count:,}줄 중 {first:,}~{last:,}번째 줄",
    "the rest begins at line {next:,}": "다음은 {next:,}번째 줄부터입니다",
    "{path} is empty": "{path}는 빈 파일입니다",
    "there are no files in {path}": "{path}에 파일이 없습니다",
    "there are more; name a folder or a pattern": "더 있습니다. 폴더나 패턴을 지정하세요",
    "nothing in {files:,} files has {text}": "파일 {files:,}개에서 {text}를 찾지 못했습니다",
    "{skipped:,} files are no text, or too large, and were left out":
        "텍스트가 아니거나 너무 큰 파일 {skipped:,}개는 제외했습니다",
    "not everything was searched: name a folder or a pattern": "전부 찾아보지는 못했습니다. 폴더나 패턴을 지정하세요",
    "{path} was written ({size:,} bytes)": "{path}를 저장했습니다({size:,}바이트)",
    "{path} was replaced ({size:,} bytes)": "{path}를 덮어썼습니다({size:,}바이트)",
    "{path} has this content already": "{path}의 내용은 이미 이와 같습니다",
    "there is a file {path} already; say overwrite=true to replace all of it, or edit it":
        "{path} 파일이 이미 있습니다. 전체를 바꾸려면 overwrite=true로, 일부만 바꾸려면 edit_file을 쓰세요",
    "the text to replace is empty": "바꿀 텍스트가 비어 있습니다",
    "{path} does not have this text; read the file and copy it exactly, with its spaces":
        "{path}에 이 텍스트가 없습니다. 파일을 읽고 공백까지 그대로 복사하세요",
    "{path} has this text {count:,} times; add lines around it so that it is there once":
        "{path}에 이 텍스트가 {count:,}번 나옵니다. 한 번만 나오도록 앞뒤 줄을 더 넣으세요",
    "{path} was edited": "{path}를 고쳤습니다",
    "{path} is written in {encoding}, which has no letter for all of this":
        "{path}의 인코딩({encoding})으로 쓸 수 없는 글자가 있습니다",
    "there are no tables": "테이블이 없습니다",
    "first rows": "처음 몇 행",
    "no rows": "결과가 없습니다",
    "({count:,} rows)": "({count:,}행)",
    "(the first {count:,} rows; there are more: add conditions, count, or a LIMIT)":
        "(처음 {count:,}행이며 더 있습니다. 조건이나 집계, LIMIT을 쓰세요)",
}  # fmt: skip

say: Final = speaker(_KOREAN)
