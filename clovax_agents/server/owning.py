"""Whose is what on a server: each user sees and changes their own threads, runs and stored items, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from langgraph_sdk import Auth

__all__ = ["OWNER", "own_only"]

OWNER: Final = "owner"
"""Key of a thread's metadata that says whose it is; it cannot be set by anybody."""
_WRITING: Final = frozenset({"create", "update", "create_run"})


def own_only(auth: Auth) -> Auth:
    """Add the rules to an ``Auth``, whoever its ``authenticate`` lets in; what no rule is about is refused.

    Threads and runs belong to who made them. Assistants are those of ``langgraph.json``, for everybody to run and for
    nobody to change. Items of the store are under ``("users", <identity>)``. Crons are refused: they would run when
    nobody is there.

    Example:
        >>> from langgraph_sdk import Auth
        >>> auth = own_only(Auth())
    """
    auth.on(_refuse)
    auth.on.threads(_own)
    auth.on.assistants.read(_shipped)
    auth.on.assistants.search(_shipped)
    auth.on.store(_own_items)
    return auth


async def _refuse(ctx: Auth.types.AuthContext, value: Any) -> bool:
    del ctx, value
    return False


async def _own(ctx: Auth.types.AuthContext, value: Any) -> dict[str, Any]:
    own = {OWNER: ctx.user.identity}
    if ctx.action in _WRITING:
        if value.get("metadata") is None:
            value["metadata"] = {}
        value["metadata"].update(own)  # in place: the server keeps the dict that it gave, not the one that it gets
    return own


async def _shipped(ctx: Auth.types.AuthContext, value: Any) -> dict[str, Any]:
    del ctx, value
    return {"created_by": "system"}


async def _own_items(ctx: Auth.types.AuthContext, value: Any) -> None:
    from langgraph_sdk import Auth  # noqa: PLC0415  # loads the SDK's client

    own = ("users", ctx.user.identity)
    if tuple(value.get("namespace") or ())[:2] != own:
        raise Auth.exceptions.HTTPException(
            status_code=403, detail=f"namespaces of yours begin with {list(own)}: give that first"
        )
