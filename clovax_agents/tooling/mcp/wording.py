"""What a model reads about calls to MCP servers, in English or in Korean: ``CLOVAX_LANG`` decides."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    "the MCP server {server} cannot be reached, so nothing was run":
        "MCP 서버 {server}에 연결할 수 없어서 아무것도 실행하지 않았습니다",
    "the MCP server {server} went away during the call, which may have taken effect or not: find out before you call "
    "{name} again":
        "호출 중에 MCP 서버 {server}의 연결이 끊겨서, 반영되었는지 알 수 없습니다. {name} 도구를 다시 호출하기 전에 "
        "확인하세요",
    "the MCP server {server} has changed {name} since it was loaded, so it was not run; do not call it":
        "MCP 서버 {server}가 {name} 도구를 바꾸어서 실행하지 않았습니다. 호출하지 마세요",
    "the MCP server {server} has no tool {name} any more, so nothing was run":
        "MCP 서버 {server}에 {name} 도구가 더는 없어서 아무것도 실행하지 않았습니다",
    "it did not end within {seconds:g} s": "{seconds:g}초 안에 끝나지 않았습니다",
}  # fmt: skip

say: Final = speaker(_KOREAN)
