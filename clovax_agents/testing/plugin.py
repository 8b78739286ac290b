"""Pytest plugin: cassettes, the simulator as a fixture."""
