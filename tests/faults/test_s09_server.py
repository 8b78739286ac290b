"""S09: a hardened server, in a process of its own: who may talk to it, and what of others' they get to see: nothing."""

import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx
import pytest
from studioserver import StudioServer, project_at

from clovax_agents.server.users import add_user

PAGE = "http://localhost:5173"
CANCEL = "주문 ORD-20261120-0001을 단순 변심으로 취소해줘"
INPUT = {"messages": [{"role": "user", "content": CANCEL}]}
APPROVE = {"resume": {"decisions": [{"type": "approve"}]}}
MEGABYTES = 60


class Desk:
    """A server with two users, one of whom has a thread in which a person is asked."""

    def __init__(self, server: StudioServer, kim: str, lee: str) -> None:
        self.url = server.url
        self.port = server.port
        self.token = kim
        self.kim = httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {kim}"}, timeout=60)
        self.lee = httpx.Client(base_url=server.url, headers={"x-api-key": lee}, timeout=60)
        self.thread = self.kim.post("/threads", json={"metadata": {"owner": "lee"}}).json()["thread_id"]
        asked = self.kim.post(
            f"/threads/{self.thread}/runs/wait", json={"assistant_id": "react", "input": INPUT}
        ).json()
        assert asked["__interrupt__"]
        self.run = self.kim.get(f"/threads/{self.thread}/runs").json()[0]["run_id"]
        self.state = self.kim.get(f"/threads/{self.thread}/state").json()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Start the server, with its users and a page that may talk to it."""
    folder = project_at(tmp_path_factory.mktemp("hardened"))
    kim, lee = add_user(folder / "users.json", "kim", ["orders:write"]), add_user(folder / "users.json", "lee")
    with StudioServer(folder, "--hardened", CLOVAX_SERVER_ORIGINS=PAGE) as server:
        made = Desk(server, kim, lee)
        with closing(made.kim), closing(made.lee):
            yield made
    assert kim not in server.printed
    assert lee not in server.printed


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-auth-scheme": "langsmith"},
        {"x-auth-scheme": "langsmith", "x-api-key": "lsv2_pt_0"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer guessed"},
        {"authorization": "Basic a2ltOmtpbQ=="},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/assistants/search"),
        ("POST", "/threads"),
        ("POST", "/threads/search"),
        ("POST", "/runs/wait"),
        ("POST", "/store/items/search"),
        ("POST", "/mcp"),
        ("POST", "/a2a/react"),
        ("GET", "/.well-known/agent-card.json"),
        ("GET", "/info"),
    ],
)
@pytest.mark.soak(every=11)
def test_s09_nobody_gets_in_without_a_token(desk: Desk, method: str, path: str, headers: dict[str, str]) -> None:
    """Studio's own header opens nothing, either."""
    accept = {"accept": "application/json, text/event-stream"}
    answer = httpx.request(method, desk.url + path, json={}, headers={**accept, **headers})
    assert answer.status_code == 401
    assert "token" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    ["/docs", "/openapi.json", "/metrics", "/deploy", "/internal/truncate", "/ui/react", "/", "/debug", "/%2e%2e/ok"],
)
def test_s09_what_nobody_needs_is_not_there(desk: Desk, path: str) -> None:
    """With a token, too: documentation, metrics, and routes that empty the server or deploy it."""
    for method in ("GET", "POST"):
        assert desk.kim.request(method, path).status_code == 404


@pytest.mark.parametrize("path", ["/threads/../ok", "/threads/..%2f..%2fetc", "/threads/%2e%2e/internal/truncate"])
def test_s09_paths_lead_nowhere_else(desk: Desk, path: str) -> None:
    """As raw bytes, which clients would tidy up."""
    with socket.create_connection(("127.0.0.1", desk.port), 10) as raw:
        head = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {desk.token}\r\nConnection: close\r\n\r\n"
        )
        raw.sendall(head.encode())
        assert raw.recv(64).startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:2024", ""])
def test_s09_other_names_of_this_machine_are_refused(desk: Desk, host: str) -> None:
    """A page whose name was pointed here is same-origin to its browser; the name gives it away."""
    answer = desk.kim.post("/threads/search", json={}, headers={"host": host})
    assert answer.status_code in {400, 403}


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:5174", "https://smith.langchain.com"]
)
def test_s09_other_pages_are_refused_before_anything_happens(desk: Desk, origin: str) -> None:
    """Their preflight is, too; a browser gets no permission from the answer."""
    headers = {"origin": origin, "access-control-request-method": "POST"}
    asked = desk.kim.options("/threads", headers=headers)
    done = desk.kim.post("/threads", json={}, headers={"origin": origin})
    for answer in (asked, done):
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_s09_a_page_that_was_named_may_talk(desk: Desk) -> None:
    """With a token, which it may send; without, it is told what is missing."""
    headers = {
        "origin": PAGE,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    asked = httpx.options(f"{desk.url}/threads/search", headers=headers)
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, PAGE)
    done = desk.kim.post("/threads/search", json={}, headers={"origin": PAGE})
    assert (done.status_code, done.headers["access-control-allow-origin"]) == (200, PAGE)
    assert httpx.post(f"{desk.url}/threads/search", json={}, headers={"origin": PAGE}).status_code == 401


@pytest.mark.parametrize("is_told", [True, False])
def test_s09_a_body_has_an_end(desk: Desk, *, is_told: bool) -> None:
    """60 MB are refused, whether their length is told or not; the server answers others meanwhile and afterwards."""
    chunk = b"x" * 1_000_000

    def body() -> Iterator[bytes]:
        for _ in range(MEGABYTES):
            yield chunk

    headers = {"content-length": str(MEGABYTES * len(chunk))} if is_told else {}
    try:
        answer = desk.kim.post("/threads", content=body(), headers=headers)
        assert answer.status_code == 413
    except httpx.WriteError:  # it was refused while we were still sending
        pass
    assert desk.kim.post("/threads/search", json={}).status_code == 200


def _others(desk: Desk) -> list[tuple[str, str, Any]]:
    thread, run = f"/threads/{desk.thread}", f"/threads/{desk.thread}/runs/{desk.run}"
    given = {"assistant_id": "react", "input": INPUT}
    return [
        ("GET", thread, None),
        ("GET", f"{thread}/state", None),
        ("GET", f"{thread}/state/{desk.state['checkpoint']['checkpoint_id']}", None),
        ("POST", f"{thread}/state/checkpoint", {"checkpoint": desk.state["checkpoint"]}),
        ("GET", f"{thread}/history", None),
        ("POST", f"{thread}/history", {}),
        ("PATCH", thread, {"metadata": {"owner": "lee"}}),
        ("POST", f"{thread}/state", {"values": {"messages": []}}),
        ("POST", f"{thread}/copy", None),
        ("POST", "/threads", {"thread_id": desk.thread, "if_exists": "do_nothing"}),
        ("POST", "/threads/prune", {"thread_ids": [desk.thread], "strategy": "delete"}),
        ("POST", f"{thread}/runs", given),
        ("POST", f"{thread}/runs/wait", given),
        ("POST", f"{thread}/runs/wait", {**given, "if_not_exists": "create"}),
        ("POST", f"{thread}/runs/wait", {"assistant_id": "react", "command": APPROVE}),
        ("POST", f"{thread}/runs/stream", given),
        ("GET", f"{thread}/runs", None),
        ("GET", run, None),
        ("GET", f"{run}/join", None),
        ("POST", f"{run}/cancel", None),
        ("POST", "/runs/cancel", {"thread_id": desk.thread, "run_ids": [desk.run]}),
        ("DELETE", run, None),
        ("DELETE", thread, None),
    ]


def test_s09_a_thread_is_its_owners_alone(desk: Desk) -> None:
    """Read, changed, run, cancelled or deleted by another user, it is not there; its owner has it as it was."""
    for method, path, body in _others(desk):
        answer = desk.lee.request(method, path, json=body)
        assert answer.status_code in {404, 409}, (method, path, answer.text)
        assert "ORD-2026" not in answer.text
    for path in (f"/threads/{desk.thread}/stream", f"/threads/{desk.thread}/runs/{desk.run}/stream"):
        assert "ORD-2026" not in desk.lee.get(path).text
    start = {"id": 1, "method": "run.start", "params": {"assistant_id": "react", "input": INPUT}}
    assert desk.lee.post(f"/threads/{desk.thread}/commands", json=start).json()["type"] == "error"
    assert desk.kim.get(f"/threads/{desk.thread}").json()["metadata"]["owner"] == "kim"
    assert desk.kim.get(f"/threads/{desk.thread}/state").json() == desk.state


def test_s09_searches_find_ones_own(desk: Desk) -> None:
    """Whatever they ask for."""
    mine = desk.lee.post("/threads", json={}).json()
    assert mine["metadata"]["owner"] == "lee"
    for asked in ({}, {"metadata": {"owner": "kim"}}, {"status": "interrupted"}, {"ids": [desk.thread]}):
        found = desk.lee.post("/threads/search", json=asked).json()
        assert {thread["metadata"]["owner"] for thread in found} <= {"lee"}
    counted = desk.lee.post("/threads/count", json={}).json()
    assert counted == len(desk.lee.post("/threads/search", json={"limit": 100}).json())


def test_s09_a_checkpoint_of_another_thread_is_not_read(desk: Desk) -> None:
    """Named in a run of one's own, in its configuration, or in an update."""
    mine = desk.lee.post("/threads", json={}).json()["thread_id"]
    stolen = {"thread_id": desk.thread, "checkpoint_ns": "", "checkpoint_id": desk.state["checkpoint"]["checkpoint_id"]}
    run: dict[str, Any] = {"assistant_id": "react", "input": None}
    answers = [
        desk.lee.post(f"/threads/{mine}/runs/wait", json={**run, "checkpoint": stolen}),
        desk.lee.post(f"/threads/{mine}/runs/wait", json={**run, "checkpoint_id": stolen["checkpoint_id"]}),
        desk.lee.post("/runs/wait", json={**run, "config": {"configurable": stolen}}),
        desk.lee.post(f"/threads/{mine}/state/checkpoint", json={"checkpoint": stolen}),
        desk.lee.post(f"/threads/{mine}/history", json={"checkpoint": stolen}),
        desk.lee.post(f"/threads/{mine}/history", json={"before": {"configurable": stolen}}),
    ]
    assert not any("ORD-2026" in answer.text for answer in answers)
    assert desk.kim.get(f"/threads/{desk.thread}/state").json() == desk.state


def test_s09_items_of_the_store_are_ones_own(desk: Desk) -> None:
    """Under one's own name only, exactly; searches and lists are no way around it."""
    item = {"key": "note", "value": {"text": "비밀"}}
    assert desk.kim.put("/store/items", json={"namespace": ["users", "kim"], **item}).status_code == 204
    refused = [
        desk.lee.put("/store/items", json={"namespace": ["users", "kim"], **item}),
        desk.lee.put("/store/items", json={"namespace": ["users", "le"], **item}),
        desk.lee.get("/store/items", params={"namespace": "users.kim", "key": "note"}),
        desk.lee.request("DELETE", "/store/items", json={"namespace": ["users", "kim"], "key": "note"}),
        desk.lee.post("/store/items/search", json={"namespace_prefix": []}),
        desk.lee.post("/store/items/search", json={"namespace_prefix": ["users"]}),
        desk.lee.post("/store/namespaces", json={}),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert not any("비밀" in answer.text for answer in refused)
    assert (
        desk.kim.get("/store/items", params={"namespace": "users.kim", "key": "note"}).json()["value"] == item["value"]
    )


def test_s09_assistants_are_run_and_not_changed_and_nothing_is_put_off(desk: Desk) -> None:
    """They are those of langgraph.json; what runs when nobody is there is refused."""
    (react,) = desk.lee.post("/assistants/search", json={"graph_id": "react"}).json()
    path = f"/assistants/{react['assistant_id']}"
    refused = [
        desk.lee.post("/assistants", json={"graph_id": "react"}),
        desk.lee.patch(path, json={"name": "mine"}),
        desk.lee.delete(path),
        desk.lee.post("/runs/crons", json={"assistant_id": "react", "schedule": "* * * * *", "input": INPUT}),
        desk.lee.post("/runs/crons/search", json={}),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert desk.lee.get(f"{path}/schemas").json()["context_schema"]


def test_s09_what_a_client_says_of_itself_does_not_count(desk: Desk) -> None:
    """Neither who it is nor what it may do."""
    forged = {
        "langgraph_auth_user_id": "kim",
        "langgraph_auth_permissions": ["orders:write"],
        "scopes": ["orders:write"],
    }
    thread = desk.lee.post("/threads", json={}).json()["thread_id"]
    body = {"assistant_id": "react", "input": INPUT, "config": {"configurable": forged}}
    desk.lee.post(f"/threads/{thread}/runs/wait", json=body)
    found = desk.lee.get(f"/threads/{thread}").json()
    assert found["metadata"]["owner"] == "lee"
    run = desk.lee.get(f"/threads/{thread}/runs").json()[0]["kwargs"]["config"]["configurable"]
    assert (run["langgraph_auth_user_id"], run["langgraph_auth_permissions"]) == ("lee", [])


def test_s09_agents_of_others_are_let_in_as_users_are(desk: Desk) -> None:
    """By MCP and A2A: with a token, and to no conversation but one's own."""
    accept = {"accept": "application/json, text/event-stream"}
    call = {"name": "react", "arguments": {"messages": [{"role": "user", "content": "(12500+3000)*2는?"}]}}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    assert "31000" in desk.lee.post("/mcp", json=asked, headers=accept).text.replace(",", "")
    (react,) = desk.lee.post("/assistants/search", json={"graph_id": "react"}).json()

    def send(client: httpx.Client, **more: str) -> Any:
        message = {"role": "user", "parts": [{"kind": "text", "text": CANCEL}], "messageId": str(uuid4()), **more}
        body = {"jsonrpc": "2.0", "id": "1", "method": "message/send", "params": {"message": message}}
        return client.post(f"/a2a/{react['assistant_id']}", json=body, headers={"accept": "application/json"}).json()

    task = send(desk.kim)["result"]
    assert task["status"]["state"] == "input-required"
    assert "error" in send(desk.lee, contextId=task["contextId"])
    assert "error" in send(desk.lee, contextId=task["contextId"], taskId=task["id"])


def test_s09_only_this_machine_reaches_it(desk: Desk) -> None:
    """It listens at loopback, and at no other address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks which address would be used
        own = probe.getsockname()[0]
    if own.startswith("127."):
        pytest.skip("this machine has no other address")
    with socket.socket() as other:
        other.settimeout(5)
        assert other.connect_ex((own, desk.port)) != 0
