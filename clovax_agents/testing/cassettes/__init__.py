"""Cassettes: recorded HTTP exchanges with the service, as files that people can read and review."""
