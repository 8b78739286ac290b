"""The ``http.app`` of a hardened server: its shield, and the one page about it that clients look at."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from clovax_agents.server.settings import ServerSettings
from clovax_agents.server.shield import Shield

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["app"]


async def _info(request: Request) -> Any:
    """Say what the server can do, for clients that ask before they begin; only to who has a token."""
    meta: Any = import_module("langgraph_api.api.meta")  # the server itself, which loads this module
    return await meta.meta_info(request)


app: Starlette = Starlette(
    routes=[Route("/info", _info)],
    middleware=[Middleware(Shield, settings=ServerSettings.from_env())],
)
