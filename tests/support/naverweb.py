"""A stand-in of NAVER Search, written from its public documentation: both services, their parameters and errors.

Nothing here was recorded: no key was at hand. Sources: the pages on search in NAVER's public guide of the Developers
Center (parameters, fields, SE01 to SE99), and the guide of the NAVER API HUB (addresses, headers, ``format``).
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from webserver import Asked, Page, WebServer

KEY = ("nv-client-id", "nv-client-secret")
ITEMS: dict[str, list[dict[str, Any]]] = {
    "news": [
        {
            "title": "<b>서울</b> 지하철 요금 &quot;150원&quot; 인상",
            "originallink": "https://press.example/1",
            "link": "https://n.news.naver.com/article/001/1",
            "description": "<b>서울</b>시는 &lt;b&gt;내년&lt;/b&gt;부터 &amp;hellip;",
            "pubDate": "Mon, 30 Nov 2026 07:50:00 +0900",
        },
        {
            "title": "둘째 기사",
            "originallink": "https://press.example/2",
            "link": "",
            "description": "",
            "pubDate": "어제",
        },
    ],
    "blog": [
        {
            "title": "서울 나들이",
            "link": "https://blog.naver.com/someone/1",
            "description": "지난 주말에",
            "bloggername": "걷는 사람",
            "bloggerlink": "blog.naver.com/someone",
            "postdate": "20261128",
        }
    ],
    "webkr": [{"title": "서울특별시", "link": "https://www.seoul.go.kr/", "description": "서울시 누리집"}],
    "encyc": [
        {"title": "서울", "link": "https://terms.naver.com/1", "description": "한반도의 도시", "thumbnail": ""},
    ],
    "local": [
        {
            "title": "조선<b>갈비</b>",
            "link": "",
            "category": "한식&gt;육류,고기요리",
            "description": "",
            "telephone": "",
            "address": "서울특별시 중구 을지로3가 229-1 ",
            "roadAddress": "서울특별시 중구 을지로15길 6-5 ",
            "mapx": "1269910000",
            "mapy": "375660000",
        }
    ],
    "shop": [
        {
            "title": "보스턴백",
            "link": "https://search.shopping.naver.com/gate.nhn?id=1",
            "image": "https://shopping-phinf.pstatic.net/1.jpg",
            "lprice": "6700",
            "hprice": "",
            "mallName": "네이버",
            "productId": "1",
            "productType": "2",
            "brand": "허니",
            "maker": "",
            "category1": "패션잡화",
            "category2": "가방",
            "category3": "보스턴백",
            "category4": "",
        }
    ],
}
SORTS = {
    "news": {"sim", "date"},
    "blog": {"sim", "date"},
    "local": {"random", "comment"},
    "shop": {"sim", "date", "asc", "dsc"},
}
LIMITS = {"local": (5, 1)}
ERRORS = {
    "SE01": (400, "Incorrect query request (잘못된 쿼리요청입니다.)"),
    "SE02": (400, "Invalid display value (부적절한 display 값입니다.)"),
    "SE03": (400, "Invalid start value (부적절한 start 값입니다.)"),
    "SE04": (400, "Invalid sort value (부적절한 sort 값입니다.)"),
    "SE05": (404, "Invalid search api (존재하지 않는 검색 api 입니다.)"),
    "SE06": (400, "Malformed encoding (잘못된 형식의 인코딩입니다.)"),
    "SE99": (500, "System Error (시스템 에러)"),
}


def _answer(status: int, body: dict[str, Any]) -> Page:
    content = json.dumps(body, ensure_ascii=False).encode()
    return Page(content, status, {"Content-Type": "application/json; charset=UTF-8"})


def error(code: str, message: str | None = None, status: int | None = None) -> Page:
    """Return an error as the Developers Center writes it."""
    known, text = ERRORS.get(code, (status or 400, ""))
    return _answer(status or known, {"errorMessage": message or text, "errorCode": code})


def gateway_error(status: int, code: str, message: str) -> Page:
    """Return an error as the gateway of NAVER Cloud writes it."""
    return _answer(status, {"error": {"errorCode": code, "message": message, "details": ""}})


def _search(kind: str, asked: Asked) -> Page:
    given = {name: values[0] for name, values in parse_qs(asked.query, keep_blank_values=True).items()}
    most, last = LIMITS.get(kind, (100, 1000))
    if not given.get("query"):
        return error("SE01")
    if not 1 <= int(given.get("display", 10)) <= most:
        return error("SE02")
    if not 1 <= int(given.get("start", 1)) <= last:
        return error("SE03")
    if "sort" in given and given["sort"] not in SORTS.get(kind, set()):
        return error("SE04")
    items = ITEMS[kind][: int(given.get("display", 10))]
    head = {"lastBuildDate": "Mon, 30 Nov 2026 11:01:35 +0900", "total": 2566589, "start": int(given.get("start", 1))}
    return _answer(200, {**head, "display": len(items), "items": items})


def _behind_the_hub(kind: str) -> Callable[[Asked], Page]:
    def answer(asked: Asked) -> Page:
        key = asked.headers.get("x-ncp-apigw-api-key-id"), asked.headers.get("x-ncp-apigw-api-key")
        if key != KEY:
            return gateway_error(401, "200", "Authentication Failed")
        return _search(kind, asked)

    return answer


def _of_the_developers_center(kind: str) -> Callable[[Asked], Page]:
    def answer(asked: Asked) -> Page:
        if (asked.headers.get("x-naver-client-id"), asked.headers.get("x-naver-client-secret")) != KEY:
            return error("024", "Not Exist Client ID : Authentication failed. (인증에 실패했습니다.)", 401)
        return _search(kind, asked)

    return answer


def serve_naver(web: WebServer) -> None:
    """Let a server answer as NAVER does: the hub beneath ``/search/v1``, the other one beneath ``/v1/search``."""
    for kind in ITEMS:
        web.pages[f"/v1/search/{kind}.json"] = _of_the_developers_center(kind)
        if kind != "shop":
            web.pages[f"/search/v1/{kind}"] = _behind_the_hub(kind)
