"""The version, in one place; pyproject.toml and the test of CHANGELOG.md read it."""

__version__ = "0.1.0.dev0"
