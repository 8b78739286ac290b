"""Placeholder until the real module lands (being written right now)."""


class Quirks:
    """Placeholder."""


class QuirkBrain:
    """Placeholder."""
