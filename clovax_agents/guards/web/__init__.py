"""Guarded fetching: of addresses that a model or a stranger chose, only what may be fetched, and only so much."""

from __future__ import annotations

from clovax_agents.errors import FetchError, ForbiddenURLError
from clovax_agents.guards.web.addresses import why_not_public
from clovax_agents.guards.web.fetching import GuardedFetcher
from clovax_agents.guards.web.flow import Fetched
from clovax_agents.guards.web.policy import URLPolicy
from clovax_agents.guards.web.urls import WebAddress, read_url

__all__ = [
    "FetchError",
    "Fetched",
    "ForbiddenURLError",
    "GuardedFetcher",
    "URLPolicy",
    "WebAddress",
    "read_url",
    "why_not_public",
]
