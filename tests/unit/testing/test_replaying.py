"""A test with a cassette, from outside: what pytest says when things fit, and when they do not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

pytest_plugins = ["pytester"]


def test_what_was_recorded_is_replayed(project: Project) -> None:
    """A recorded test passes again without the simulator."""
    project.write()
    project.record().assert_outcomes(passed=1)
    assert project.cassette().is_file()
    project.run().assert_outcomes(passed=1)


def test_a_missing_cassette_says_how_to_record_it(project: Project) -> None:
    """Without a cassette, the text names the file and the command that makes it."""
    project.write()
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ['*there is no cassette cassettes/test_it/test_greeting.yaml*"test_it.py::test_greeting" --clovax-record*']
    )


def test_the_parts_of_an_unmatched_request_that_differ_are_named(project: Project) -> None:
    """A changed request fails with the fields that changed, and those only."""
    project.write()
    project.record()
    project.write(
        project.root.joinpath("test_it.py")
        .read_text("utf-8")
        .replace('seed=1).invoke("안녕하세요")', 'top_k=3).invoke("반갑습니다")')
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*has no answer for this request: POST https://clovastudio.stream.ntruss.com/v1/openai/chat/completions",
            "*The closest one is recorded request 1 of 1; it differs in:",
            '*messages[[]0].content: recorded "안녕하세요", sent "반갑습니다"',
            "*seed: recorded 1, not sent",
            "*top_k: not recorded, sent 3",
        ]
    )
    result.stdout.no_fnmatch_line("*model: recorded*")


def test_an_unmatched_request_fails_even_if_the_test_swallows_it(project: Project) -> None:
    """Code that catches everything cannot hide a request without an answer."""
    project.write(
        """
import pytest
from clovax_agents import ChatClovaX

@pytest.mark.clovax_cassette
def test_two():
    model = ChatClovaX(model="HCX-005", seed=1)
    model.invoke("안녕하세요")
"""
    )
    project.record()
    with (project.root / "test_it.py").open("a", encoding="utf-8") as file:
        file.write("    try:\n        model.invoke('또 안녕하세요')\n    except Exception:\n        pass\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*The closest one is recorded request 1 of 1, played already; it differs in:"])


def test_an_answer_is_played_once(project: Project) -> None:
    """The same request a second time is one too many."""
    project.write()
    project.record()
    again = '\n    ChatClovaX(model="HCX-005", seed=1).invoke("안녕하세요")\n'
    project.write(project.root.joinpath("test_it.py").read_text("utf-8") + again)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*whose answer was played already: the test sent it once more."])


def test_an_interaction_that_is_not_played_fails(project: Project) -> None:
    """A test that sends less than was recorded fails, with number and address of what it did not send."""
    second = '\n    ChatClovaX(model="HCX-007", thinking={"effort": "none"}).invoke("고마워요")\n'
    project.write()
    source = project.root.joinpath("test_it.py").read_text("utf-8")
    project.write(source + second)
    project.record().assert_outcomes(passed=1)
    project.write(source)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*1 of 2 recorded requests were never sent:",
            "*2: POST https://clovastudio.stream.ntruss.com/v1/openai/chat/completions",
        ]
    )


def test_a_failing_test_is_not_blamed_for_its_cassette_as_well(project: Project) -> None:
    """If the test itself fails, only that is told."""
    project.write()
    project.record()
    project.write(
        project.root.joinpath("test_it.py").read_text("utf-8").replace("    assert", "    assert 1 == 2\n    assert")
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*never sent*")


def test_the_cassette_of_another_test_is_not_used(project: Project) -> None:
    """Two test files of one name do not share a cassette by accident."""
    project.write()
    project.record()
    (project.root / "other").mkdir()
    (project.root / "test_it.py").rename(project.root / "other" / "test_it.py")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*is the cassette of test_it.py::test_greeting, not of other/test_it.py::test_greeting*"]
    )


def test_a_damaged_cassette_is_told_apart_from_a_missing_one(project: Project) -> None:
    """A file that is not a cassette fails as such."""
    project.write()
    project.cassette().parent.mkdir(parents=True)
    project.cassette().write_text("interactions: [", encoding="utf-8")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test_greeting.yaml cannot be read: not a cassette of clovax-agents*"])


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.getaddrinfo('clovastudio.stream.ntruss.com', 443)",
        "with socket.socket(type=socket.SOCK_DGRAM) as sender: sender.sendto(b'?', ('192.0.2.1', 53))",
        "asyncio.run(asyncio.open_connection('example.com', 443))",
    ],
)
@pytest.mark.soak(every=2)
def test_the_network_is_blocked(project: Project, attempt: str) -> None:
    """Whatever is tried beside the recorded requests, names included, fails at once and says what to do."""
    project.write()
    project.record()
    project.write(f"import asyncio, socket\n{project.root.joinpath('test_it.py').read_text('utf-8')}\n    {attempt}\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*NetworkBlockedError: the network is blocked*--clovax-record*"])


def test_the_network_is_free_again_after_the_test(project: Project) -> None:
    """Other tests of the same run may connect."""
    free = """

def test_free():
    import socket
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
"""
    project.write()
    project.record()
    project.write(project.root.joinpath("test_it.py").read_text("utf-8") + free)
    project.run().assert_outcomes(passed=2)


def test_record_mode_of_pytest_recording_leaves_our_cassettes_alone(project: Project) -> None:
    """`--record-mode` is for plain vcr markers: ours replay, and their files stay as they are."""
    project.write()
    project.record()
    before = project.cassette().read_bytes()
    project.run("--record-mode=rewrite").assert_outcomes(passed=1)
    assert project.cassette().read_bytes() == before


def test_both_markers_on_one_test_are_refused(project: Project) -> None:
    """A test cannot have two cassettes."""
    project.write("import pytest\n@pytest.mark.vcr\n@pytest.mark.clovax_cassette\ndef test_both(): ...\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*either a clovax_cassette or pytest-recording's vcr marker, not both*"])


def test_a_plain_vcr_marker_records_and_replays_the_model(project: Project) -> None:
    """pytest-recording works on the model with a cassette of its own, where it always puts them."""
    project.write(
        """
import pytest
from clovax_agents import ChatClovaX

@pytest.mark.vcr(filter_headers=["authorization"])
def test_plain(record_mode, request):
    if record_mode == "once":
        request.getfixturevalue("clovax_simulator")
    url = "http://127.0.0.1:9/v1/openai" if record_mode == "none" else None
    assert ChatClovaX(model="HCX-005", api_key="nv-fake", base_url=url).invoke("안녕하세요").text

@pytest.fixture
def vcr_config():
    return {"match_on": ["method", "path", "body"]}
"""
    )
    project.run("--record-mode=once").assert_outcomes(passed=1)
    assert project.cassette("test_plain").is_file()
    project.run("--block-network").assert_outcomes(passed=1)


PLAIN = """
import pytest
from clovax_agents import ChatClovaX

@pytest.mark.vcr(match_on=["method", "clovax"])
def test_plain(record_mode, request):
    if record_mode == "once":
        request.getfixturevalue("clovax_simulator")
    ChatClovaX(model="HCX-005", api_key="nv-secret-key", seed=1).invoke("안녕하세요")
"""


def test_a_plain_vcr_cassette_holds_no_key_and_tells_what_differs(project: Project) -> None:
    """pytest-recording compares as our cassettes do, where it is told to, and its files may be shared."""
    project.write(PLAIN)
    project.run("--record-mode=once").assert_outcomes(passed=1)
    recorded = project.cassette("test_plain").read_text("utf-8")
    assert "nv-secret" not in recorded
    port = re.findall(r"127\.0\.0\.1:(\d+)", recorded)[0]
    address = f'seed=2, base_url="http://127.0.0.1:{port}/v1/openai"'
    project.write(PLAIN.replace("seed=1", address).replace("안녕하세요", "반갑습니다"))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ['*messages[[]0].content: recorded "안녕하세요", sent "반갑습니다"', "*seed: recorded 1, sent 2"]
    )


def test_other_clients_are_replayed_too(project: Project) -> None:
    """Requests of a plain aiohttp session are recorded and replayed like the model's, JSON and streams alike."""
    project.write(
        """
import aiohttp, os, pytest

@pytest.mark.clovax_cassette
@pytest.mark.parametrize("stream", [False, True])
async def test_aiohttp(stream):
    url = os.environ["CLOVASTUDIO_API_BASE_URL"] + "/chat/completions"
    headers = {"Authorization": "Bearer " + os.environ["CLOVASTUDIO_API_KEY"]}
    body = {"model": "HCX-005", "messages": [{"role": "user", "content": "안녕하세요"}], "stream": stream}
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as response:
        text = (await response.read()).decode()
    assert response.status == 200
    assert text.endswith("data: [DONE]\\n\\n") if stream else '"usage"' in text
"""
    )
    project.record().assert_outcomes(passed=2)
    project.run().assert_outcomes(passed=2)
