"""Bytes for what reads checkpoints, with the right checksum: refused with our error, or a value that can be stored."""

import sys

import atheris

with atheris.instrument_imports(include=["clovax_agents.checkpoints"]):
    from clovax_agents.checkpoints import MessageSerializer
    from clovax_agents.checkpoints.envelope import Envelope

from clovax_agents.errors import CheckpointError, CheckpointTypeError

SERDE = MessageSerializer()
SEAL = Envelope()


def one(data: bytes) -> None:
    """Read bytes in both formats; what is made of them is of the list, so it is stored and read again."""
    for tag, stored in ((SEAL.tag, SEAL.seal([data])), ("msgpack", data)):
        try:
            found = SERDE.loads_typed((tag, stored))
        except CheckpointError:
            continue
        try:
            again = SERDE.loads_typed(SERDE.dumps_typed(found))
        except CheckpointTypeError as error:
            assert "too deep" in str(error)  # noqa: PT017  # lists in lists are read deeper than they are written
            continue
        assert sorted(repr(again)) == sorted(repr(found))  # sets have no order


atheris.Setup(sys.argv, one)
atheris.Fuzz()
