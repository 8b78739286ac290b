"""What a model reads of pages and searches, in English or in Korean."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    # Pages
    "what is there is no text but {kind}": "글이 아니라 {kind} 형식의 파일입니다",
    "{host} answered with status {status}": "{host}이(가) 상태 코드 {status}(으)로 응답했습니다",
    "{host} answered with status {status}: there is no such page":
        "{host}에 그런 페이지가 없습니다(상태 코드 {status})",
    "{host} answered with status {status}: it does not let us read this page":
        "{host}이(가) 이 페이지를 읽지 못하게 합니다(상태 코드 {status})",
    "the page ends after {total} characters, before offset {offset}":
        "페이지는 {total}자에서 끝나므로 offset {offset}부터는 내용이 없습니다",
    "Title: {title}": "제목: {title}",
    "Address: {url}": "주소: {url}",
    "[the page has no text]": "[페이지에 글이 없습니다]",
    "[characters {offset} to {end} of {total}; call again with offset={end} to read on]":
        "[전체 {total}자 중 {offset}~{end}자. 이어서 읽으려면 offset={end}로 다시 호출하세요]",
    "[characters {offset} to {total} of {total}; this is the end]":
        "[전체 {total}자 중 {offset}~{total}자. 여기가 끝입니다]",
    # Searches
    "the query is empty: say what to search for": "검색어가 비어 있습니다. 무엇을 찾을지 쓰세요",
    "{kind} search has no sort {sort}; it has: {sorts}":
        "{kind} 검색에는 sort={sort}이(가) 없습니다. 쓸 수 있는 값: {sorts}",
    "{kind} search gives at most {most} results at a time: count is 1 to {most}":
        "{kind} 검색은 한 번에 {most}개까지만 줍니다. count는 1~{most}입니다",
    "{kind} search begins at {most} at the latest: start is 1 to {most}":
        "{kind} 검색의 start는 1~{most}입니다",
    "NAVER Search refused the request ({code}): {message}": "네이버 검색이 요청을 거절했습니다({code}): {message}",
    "NAVER Search does not accept the key: the operator has to check NAVER_CLIENT_ID and NAVER_CLIENT_SECRET, and "
    "whether they are of the service {service}":
        "네이버 검색이 인증 정보를 받아들이지 않습니다. 운영자가 NAVER_CLIENT_ID와 NAVER_CLIENT_SECRET을, 그리고 "
        "{service} 서비스에서 발급한 것인지를 확인해야 합니다",
    "NAVER Search does not let this key search: the operator has to add the search API to the application":
        "이 인증 정보로는 네이버 검색을 쓸 수 없습니다. 운영자가 애플리케이션에 검색 API를 추가해야 합니다",
    "NAVER Search has no search for {kind} any more": "네이버 검색에 {kind} 검색이 더는 없습니다",
    "the number of searches that NAVER allows is used up": "네이버 검색의 호출 한도를 다 썼습니다",
    "NAVER Search failed on its own side (status {status}); try again later":
        "네이버 검색에 오류가 났습니다(상태 코드 {status}). 나중에 다시 시도하세요",
    "NAVER Search answered with something that is no list of results":
        "네이버 검색의 응답이 검색 결과의 형식이 아닙니다",
    "{kind} search for {query}: results {first} to {last} of {total}":
        "{query} {kind} 검색: 전체 {total}건 중 {first}~{last}번째",
    "{kind} search for {query}: nothing found": "{query} {kind} 검색: 결과가 없습니다",
}  # fmt: skip

say: Final = speaker(_KOREAN)
