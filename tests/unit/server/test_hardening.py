"""A langgraph.json that is hardened, and the settings that it is hardened with."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.errors import ConfigurationError
from clovax_agents.server.hardening import hardened
from clovax_agents.server.settings import MAX_BODY, ServerSettings
from clovax_agents.server.users import Users, add_user

GIVEN: dict[str, Any] = {"dependencies": ["."], "graphs": {"react": "./graphs/react.py:graph"}}


def test_what_was_there_stays_and_what_was_open_is_shut() -> None:
    """Graphs as they were; no header of LangSmith's, no documentation, no page of anybody's."""
    made = hardened({"dependencies": ["."], "graphs": {"react": "./graphs/react.py:graph"}}, ["https://desk.example"])
    assert made["graphs"] == GIVEN["graphs"]
    assert made["auth"] == {"path": "clovax_agents.server.auth:auth", "disable_studio_auth": True}
    assert made["http"]["disable_meta"]
    assert made["http"]["cors"]["allow_origins"] == ["https://desk.example"]


def test_ones_own_authentication_stays_without_the_back_door() -> None:
    """Whatever it says about Studio."""
    own = {"path": "./auth.py:auth", "disable_studio_auth": False}
    assert hardened({"auth": own})["auth"] == {"path": "./auth.py:auth", "disable_studio_auth": True}


def test_an_app_of_ones_own_is_told_what_it_lacks() -> None:
    """It would stand where the shield does."""
    with pytest.raises(ConfigurationError, match="Shield"):
        hardened({"http": {"app": "./app.py:app"}})


@pytest.mark.parametrize("origin", ["*", "https://*.example", "desk.example", "https://desk.example/path", "file://x"])
def test_an_origin_is_one_page_of_one_site(origin: str) -> None:
    """Anything else would let in more than was meant, or nobody."""
    with pytest.raises(ConfigurationError, match="CLOVAX_SERVER_ORIGINS"):
        ServerSettings.from_env({"CLOVAX_SERVER_ORIGINS": origin})


@pytest.mark.parametrize("size", ["0", "-1", "8MB", "1e6"])
def test_a_limit_is_a_number_of_bytes(size: str) -> None:
    """A limit that is none is refused when the server starts."""
    with pytest.raises(ConfigurationError, match="CLOVAX_SERVER_MAX_BODY"):
        ServerSettings.from_env({"CLOVAX_SERVER_MAX_BODY": size})


def test_settings_have_safe_defaults() -> None:
    """Loopback by its names, no pages, a few megabytes."""
    found = ServerSettings.from_env({"CLOVAX_SERVER_HOSTS": "Desk.example, "})
    assert found.hosts == {"127.0.0.1", "localhost", "[::1]", "desk.example"}
    assert (found.origins, found.max_body, found.users) == ((), MAX_BODY, Path("users.json"))


def test_a_user_is_found_by_the_token_that_was_shown_once(tmp_path: Path) -> None:
    """The file holds no token and is for its owner's eyes; a new token replaces the old one at once."""
    path = tmp_path / "users.json"
    first = add_user(path, "kim", ["orders:write"])
    lee = add_user(path, "lee")
    users = Users(path)
    assert first not in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = users.find(first)
    assert found is not None
    assert (found.name, found.scopes) == ("kim", ("orders:write",))
    assert users.find(first + "x") is None
    assert users.find("") is None
    second = add_user(path, "kim")
    assert users.find(first) is None
    assert [user.name for user in (users.find(second), users.find(lee)) if user is not None] == ["kim", "lee"]


@pytest.mark.parametrize("name", ["", "김", "a.b", "a/b", "../x", "-a", "a" * 65])
def test_a_users_name_is_a_plain_one(tmp_path: Path, name: str) -> None:
    """It is part of a namespace, and of filters."""
    with pytest.raises(ConfigurationError, match="letters, digits"):
        add_user(tmp_path / "users.json", name)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"kim": "token"}', '{"kim": {"token_sha256": "abc"}}', '{"kim": {"scopes": []}}']
)
def test_a_file_that_is_none_lets_nobody_in(tmp_path: Path, text: str) -> None:
    """The error says how the file is written."""
    path = tmp_path / "users.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="clovax add-user"):
        Users(path).find("token")
    path.unlink()
    with pytest.raises(ConfigurationError, match="CLOVAX_SERVER_USERS"):
        Users(path).find("token")


def test_scopes_are_a_list(tmp_path: Path) -> None:
    """A text would be read letter by letter."""
    path = tmp_path / "users.json"
    path.write_text(json.dumps({"kim": {"token_sha256": "0" * 64, "scopes": "admin"}}), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="no file of users"):
        Users(path).all()
