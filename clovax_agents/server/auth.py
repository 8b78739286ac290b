"""The ``auth`` of a hardened server: a token in each request, and to each user their own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from langgraph_sdk import Auth

from clovax_agents.server.owning import own_only
from clovax_agents.server.settings import ServerSettings
from clovax_agents.server.users import Users

__all__ = ["auth"]

auth: Auth = own_only(Auth())


@auth.authenticate
async def authenticate(headers: dict[bytes, bytes]) -> Any:
    """Say who asks: the bearer of a token, in ``Authorization`` or, as chat clients send keys, in ``X-Api-Key``."""
    user = _users().find(_token(headers))
    if user is None:
        raise Auth.exceptions.HTTPException(
            status_code=401,
            detail="send a token of this server: Authorization: Bearer <token>, or X-Api-Key: <token>",
        )
    return {
        "identity": user.name,
        "display_name": user.name,
        "is_authenticated": True,
        "permissions": list(user.scopes),
    }


@lru_cache(1)
def _users() -> Users:
    return Users(ServerSettings.from_env().users)


def _token(headers: dict[bytes, bytes]) -> str:
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").strip().partition(" ")
    if scheme:
        return token.strip() if scheme.lower() == "bearer" else ""
    return headers.get(b"x-api-key", b"").decode("latin-1").strip()
