"""The key of tests."""

from __future__ import annotations

from typing import Final

__all__ = ["FAKE_KEY"]

FAKE_KEY: Final = "nv-no-key-needed"
"""What stands for a key where the answers come from a cassette, the simulator or a script."""
