"""What a model reads about addresses that are refused and pages that cannot be read, in English or in Korean."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    # The address as it is written
    "the address is longer than {most} characters": "주소가 {most}자보다 깁니다",
    "the address contains a backslash, a line break or another control character":
        "주소에 역슬래시나 줄바꿈 같은 제어 문자가 있습니다",
    "write the whole address, beginning with https:// or http://":
        "https:// 또는 http://로 시작하는 전체 주소를 쓰세요",
    "{scheme}: is not fetched from; write an address that begins with https:// or http://":
        "{scheme}: 주소는 열지 않습니다. https:// 또는 http://로 시작하는 주소를 쓰세요",
    "the address carries a user name or a password; leave out what stands before the @":
        "주소에 사용자 이름이나 비밀번호가 있습니다. @ 앞부분을 빼세요",
    "the host {host} is neither a name nor an IP address as it is usually written":
        "호스트 {host}은(는) 도메인 이름도, 보통 방식으로 쓴 IP 주소도 아닙니다",
    # The host
    "port {port} is not fetched from, only {ports}": "포트 {port}은(는) 열지 않습니다. 쓸 수 있는 포트: {ports}",
    "{host} is on the list of hosts that are not fetched from": "{host}은(는) 차단 목록에 있습니다",
    "{host} is not on the list of hosts that may be fetched from": "{host}은(는) 허용 목록에 없습니다",
    "{host} is not on the public internet ({kind} address)": "{host}은(는) 공개 인터넷의 주소가 아닙니다({kind})",
    "the page leads on to another address, which may not be fetched: {problem}":
        "페이지가 열 수 없는 다른 주소로 이동합니다: {problem}",
    # On the way
    "there is no host {host}": "{host} 호스트를 찾을 수 없습니다",
    "cannot connect to {host}": "{host}에 연결할 수 없습니다",
    "the certificate of {host} is not trusted": "{host}의 인증서를 신뢰할 수 없습니다",
    "the connection to {host} broke": "{host}와(과)의 연결이 끊겼습니다",
    "{host} did not send its whole answer within {seconds:g} s":
        "{host}이(가) {seconds:g}초 안에 응답을 다 보내지 않았습니다",
    "{host} leads on to other addresses more than {most} times": "{host}이(가) 다른 주소로 {most}번 넘게 이동시킵니다",
    "the answer of {host} is larger than {most:,} bytes": "{host}의 응답이 {most:,}바이트보다 큽니다",
    "the answer of {host} is compressed as {coding}, which was not asked for":
        "{host}의 응답이 요청하지 않은 방식({coding})으로 압축되어 있습니다",
    "the answer of {host} cannot be unpacked": "{host}의 응답 압축을 풀 수 없습니다",
}  # fmt: skip

say: Final = speaker(_KOREAN)
