"""What the service sent is quoted without a part of a secret (fault S01)."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.client.headers import Secret, without_secrets
from clovax_agents.errors import ServiceError
from clovax_agents.wire import native, openai
from clovax_agents.wire.failures import event_error, http_error
from clovax_agents.wire.quoting import quoted, shortened, snippet
from clovax_agents.wire.sse import EventDecoder


def _raised(read: Callable[[bytes], object], body: bytes) -> str:
    with pytest.raises(ServiceError) as caught:
        read(body)
    return caught.value.message


def _streamed(body: bytes) -> None:
    decoder = openai.StreamDecoder()
    list(decoder.feed(body))
    list(decoder.close())


QUOTES: dict[str, Callable[[bytes], str]] = {
    "bytes": snippet,
    "text": lambda body: snippet(body.decode()),
    "one line": quoted,
    "a failing status": lambda body: http_error(502, {}, body).message,
    "an error event": lambda body: event_error(body.decode()).message,
    "no answer": lambda body: _raised(native.decode_reply, body),
    "no stream": lambda body: _raised(_streamed, body),
    "no chunk": lambda body: _raised(_streamed, b"data: " + body + b"\n\n"),
    "no UTF-8": lambda body: _raised(lambda data: list(EventDecoder().feed(data)), b"data:" + body + b"\xff\n\n"),
}


@pytest.mark.parametrize("way", QUOTES)
@given(
    before=st.integers(0, 210),
    spaces=st.sampled_from([1, 500, 780, 3000]),
    secret=st.text("abcdefgh0123456789-_.+/=", min_size=8, max_size=60),
    around=st.sampled_from([(" ", " "), ('{"KEY":"', '"}'), ("<A>", "</A>"), ("가", "나"), (" KEY:", "")]),
    behind=st.sampled_from(["", "나" * 5000, "X" * 5000]),
)
@pytest.mark.soak(every=3)
def test_s01_a_quote_shows_no_part_of_a_secret(
    way: str, before: int, spaces: int, secret: str, around: tuple[str, str], behind: str
) -> None:
    """Property: wherever the quote ends, the secret is whole in it, and is masked, or is not in it at all."""
    secret = f"{secret}-"
    body = f"가{'나' * before}{' ' * spaces}{around[0]}{secret}{around[1]}{behind}"
    shown = without_secrets(QUOTES[way](body.encode()), {"Authorization": Secret(f"Bearer {secret}")})
    assert not re.search("[a-z0-9_.+=-]", shown[shown.index("가") :])


@given(st.text(), st.integers(1, 30))
def test_a_text_is_shortened_to_its_beginning(text: str, most: int) -> None:
    """Property: short ones stay, others end in an ellipsis and are no longer than they may be."""
    shown = shortened(text, most)
    assert shown == text or (shown.endswith("…") and len(shown) <= most < len(text) and text.startswith(shown[:-1]))


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("the service is busy", 14, "the service i…"),
        ("the service abcdefgh", 15, "the service …"),
        ('{"code":1,"m":"abcdefgh"}', 20, '{"code":1,"m":"…'),
    ],
)
def test_only_a_long_word_is_left_out(text: str, most: int, shown: str) -> None:
    """Less than eight characters are no secret; a body without spaces is still quoted."""
    assert shortened(text, most) == shown
