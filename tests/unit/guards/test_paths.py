"""The path guard: what is written stays whole, spellings that look the same are the same, settings are checked."""

import os
import pickle
import stat
import threading
import unicodedata
from pathlib import Path

import pytest

from clovax_agents.errors import ConfigurationError, PathError, PathRefusedError
from clovax_agents.guards import beneath, replacing
from clovax_agents.guards.beneath import best_way
from clovax_agents.guards.paths import PathGuard

FILES = Path("/proc/self/fd")
WAYS = ["dir_fd", "checked", *(["openat2"] if best_way() == "openat2" else [])]


def _names(folder: str | os.PathLike[str]) -> list[str]:
    return [path.name for path in Path(folder).iterdir()]


@pytest.fixture(params=WAYS)
def guard(tmp_path: Path, request: pytest.FixtureRequest) -> PathGuard:
    """Give a guard of an empty folder, in each way."""
    return PathGuard(tmp_path, way=request.param)


def test_a_file_is_written_with_its_folders_and_read_back(guard: PathGuard) -> None:
    """A new file is new, an old one is replaced only on demand, and what is beside it is gone."""
    assert guard.write("a/b/c.txt", b"one") is True
    with pytest.raises(PathError, match=r"there is a file 'a/b/c\.txt' already"):
        guard.write("a/b/c.txt", b"two")
    assert guard.write("a/b/c.txt", b"two", overwrite=True) is False
    assert guard.read("a/b/c.txt").data == b"two"
    assert _names(Path(guard.root) / "a" / "b") == ["c.txt"]


def test_permissions_are_kept_and_never_more(guard: PathGuard) -> None:
    """A script stays one; who it runs as is not kept."""
    script = Path(guard.root) / "run.sh"
    script.write_bytes(b"one")
    script.chmod(0o4750)
    guard.write("run.sh", b"two", overwrite=True)
    assert stat.S_IMODE(script.stat().st_mode) == 0o750


def test_a_version_that_nobody_has_read_is_not_overwritten(guard: PathGuard) -> None:
    """What somebody else has written meanwhile stays."""
    guard.write("a.txt", b"one")
    version = guard.read("a.txt").version
    (Path(guard.root) / "a.txt").write_bytes(b"another")
    with pytest.raises(PathError, match="has changed since it was read"):
        guard.write("a.txt", b"two", overwrite=True, version=version)
    (Path(guard.root) / "a.txt").unlink()
    with pytest.raises(PathError, match="has changed since it was read"):
        guard.write("a.txt", b"two", overwrite=True, version=version)
    assert guard.entries() == []


def test_a_write_that_fails_leaves_what_was_there(guard: PathGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk loses neither the old file nor leaves half of a new one."""
    guard.write("a.txt", b"one")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replacing.os, "fsync", full)
    for name in ("a.txt", "new.txt"):
        with pytest.raises(PathError, match="No space left on device"):
            guard.write(name, b"two", overwrite=True)
    assert _names(guard.root) == ["a.txt"]
    assert guard.read("a.txt").data == b"one"


@pytest.mark.soak(every=3)
def test_readers_see_a_whole_file_while_it_is_replaced(guard: PathGuard) -> None:
    """Neither nothing nor half of it."""
    guard.write("a.txt", b"0" * 100_000)
    stop = threading.Event()

    def write() -> None:
        for turn in range(200):
            guard.write("a.txt", str(turn % 10).encode() * 100_000, overwrite=True)
        stop.set()

    writing = threading.Thread(target=write)
    writing.start()
    while not stop.is_set():
        data = (Path(guard.root) / "a.txt").read_bytes()
        assert len(data) == 100_000
        assert len(set(data)) == 1
    writing.join()


@pytest.mark.parametrize(("stored", "asked"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_korean_names_are_found_however_they_are_composed(stored: str, asked: str, guard: PathGuard) -> None:
    """A file from a Mac is read, replaced and written beside by the name that a model writes."""
    folder = Path(guard.root) / unicodedata.normalize(stored, "보고서")
    folder.mkdir()
    (folder / unicodedata.normalize(stored, "오월.txt")).write_bytes(b"one")
    path = unicodedata.normalize(asked, "보고서/오월.txt")
    assert guard.read(path).data == b"one"
    assert guard.write(path, b"two", overwrite=True) is False
    assert guard.write(unicodedata.normalize(asked, "보고서/유월.txt"), b"new") is True
    assert len(guard.entries()) == 1  # the folder that was there
    assert guard.write(unicodedata.normalize(asked, "새 폴더/새 글.txt"), b"new") is True
    assert _names(Path(guard.root) / "새 폴더") == ["새 글.txt"]
    assert len(guard.entries(unicodedata.normalize(asked, "보고서"))) == 2


def test_hard_links_are_read_on_demand_and_never_written(guard: PathGuard) -> None:
    """Who knows that the other names do no harm can say so."""
    guard.write("a.txt", b"one")
    (Path(guard.root) / "b.txt").hardlink_to(Path(guard.root) / "a.txt")
    with pytest.raises(PathRefusedError, match="hard links"):
        guard.read("a.txt")
    lenient = PathGuard(guard.root, hard_links=True, way=guard.way)
    assert lenient.read("a.txt").data == b"one"
    assert [entry.name for entry in lenient.entries()] == ["a.txt", "b.txt"]
    with pytest.raises(PathRefusedError, match="hard links"):
        lenient.write("a.txt", b"two", overwrite=True)


def test_closed_names_are_patterns(guard: PathGuard) -> None:
    """In whichever case; and none are closed if somebody says so."""
    names = PathGuard(guard.root, deny=("*.pem", "secret*"), way=guard.way)
    for path in ("key.PEM", "SECRETS/a.txt", "a/Secret.txt"):
        with pytest.raises(PathRefusedError, match="is closed"):
            names.write(path, b"x")
    assert names.write(".env", b"x") is True
    assert names.read(".env").data == b"x"


def test_a_guard_survives_pickling(guard: PathGuard) -> None:
    """A tool in another process has it, too."""
    guard.write("a.txt", b"one")
    assert pickle.loads(pickle.dumps(guard)).read("a.txt").data == b"one"  # noqa: S301  # ours


def test_a_root_that_is_a_link_is_found_once(tmp_path: Path) -> None:
    """The folder may be reached by a link, which may lead elsewhere later."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").write_bytes(b"one")
    (tmp_path / "link").symlink_to("real")
    guard = PathGuard(tmp_path / "link")
    (tmp_path / "link").unlink()
    assert guard.read("a.txt").data == b"one"


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"root": "/nowhere"}, "there is no folder '/nowhere'"),
        ({"root": "/"}, "the whole file system"),
        ({"root": __file__}, "there is no folder"),
        ({"root": "/tmp", "deny": "*.pem"}, r"deny='\*.pem' has to be several patterns"),  # noqa: S108  # not written to
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, str], text: str) -> None:
    """At once, with what to do."""
    with pytest.raises(ConfigurationError, match=text):
        PathGuard(**settings)  # type: ignore[arg-type]


def test_the_way_is_chosen_by_what_the_system_lets_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that forbids openat2 gets one name after the other, a system without either is checked."""

    def forbidden(*_: object, **__: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(beneath, "_openat2", forbidden)
    assert beneath.best_way.__wrapped__() == "dir_fd"
    monkeypatch.setattr(beneath.os, "supports_dir_fd", set())
    assert beneath.best_way.__wrapped__() == "checked"


@pytest.mark.skipif(not FILES.exists(), reason="only Linux lists open files")
def test_no_file_stays_open(guard: PathGuard) -> None:
    """Whatever came of it, nothing is left open."""
    guard.write("a/b.txt", b"one")
    (Path(guard.root) / "link").symlink_to("a")

    def ask() -> None:
        for path in ("a/b.txt", "a", "missing", "link/b.txt", "a/b.txt/c", "a/missing"):
            for work in (guard.read, guard.entries, lambda path: guard.write(path, b"one", overwrite=True)):
                try:
                    work(path)
                except PathError:
                    continue
        (Path(guard.root) / "missing").unlink(missing_ok=True)

    ask()
    before = len(_names(FILES))
    for _ in range(5):
        ask()
    assert len(_names(FILES)) == before


def test_texts_are_korean_on_demand(guard: PathGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    """As all texts that a model reads."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    with pytest.raises(PathRefusedError, match="위로 올라갑니다"):
        guard.read("../x")
    with pytest.raises(PathError, match="아무것도 없습니다"):
        guard.read("x")
