"""Bytes that a fuzzer makes up, for whatever reads what a model writes: 60 seconds each under CLOVAX_SOAK."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from goldencheckpoints import golden

SOAK = bool(os.environ.get("CLOVAX_SOAK"))
HERE = Path(__file__).parent
SEEDS: dict[str, list[str] | list[bytes]] = {
    "arguments": ['{"city": "서울", "days": 2, "rooms": [{"beds": 2}], "price": 1.5e3}', '{"a": [[[1]]], "a": NaN}'],
    "urls": ["http://127.0.0.1/", "http://[::ffff:8.8.8.8]/", "https://user@example.com:443/a?b#c", "http://1.1.1.1"],
    "paths": ["sub/../../secret", "link", "up/secret", "./ok", "．．/secret", "sub/loop"],
    "sql": [
        "a FROM t",
        "(SELECT b FROM s)",
        "n FROM v; -- x",
        "'a' || E'\\'' || $a$b$a$ /* /* */ */",
        "count(*) FROM s",
    ],
    "checkpoints": [
        data for name in ("format-1", "langgraph-checkpoint-4.3") for _, data in golden(f"{name}.json").values()
    ],
}

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not to be had for this Python"),
    pytest.mark.timeout(300),
]


@pytest.mark.parametrize("what", SEEDS)
@pytest.mark.soak(every=3)
def test_nothing_but_our_errors(what: str, tmp_path: Path) -> None:
    """Whatever bytes there are, they are read or refused, in bounded time and memory."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(SEEDS[what]):
        (corpus / str(number)).write_bytes(seed.encode() if isinstance(seed, str) else seed)
    limits = ["-max_total_time=60"] if SOAK else ["-runs=300", "-seed=1"]
    command = [sys.executable, str(HERE / f"fuzz_{what}.py"), *limits, "-timeout=20", "-max_len=4096", str(corpus)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr[-3_000:]
    assert "Done " in done.stderr
