"""S03: no path that a model writes leads out of the folder, in none of the three ways to open one."""

import ctypes
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import PathError, PathRefusedError
from clovax_agents.guards.beneath import Way, best_way
from clovax_agents.guards.path_names import parts_of
from clovax_agents.guards.paths import PathGuard

SOAK = bool(os.environ.get("CLOVAX_SOAK"))
OPENINGS = 100_000 if SOAK else 4_000
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux swaps two names in one step")
SECRET = b"what nobody may read"

BLOCKED = {
    "up": "../outside/secret.txt",
    "up-and-up": "../../../../../../../../etc/passwd",
    "up-from-a-folder": "sub/../../outside/secret.txt",
    "up-and-back": "../root/ok.txt",
    "up-at-the-end": "sub/..",
    "up-with-a-dot": "./.././outside/secret.txt",
    "up-with-slashes": "..//..//outside//secret.txt",
    "up-with-backslashes": "..\\outside\\secret.txt",
    "up-with-both": "..\\/outside/secret.txt",
    "four-dots": "....//outside/secret.txt",
    "three-dots": ".../outside/secret.txt",
    "dots-and-a-space": ".. /outside/secret.txt",
    "absolute": "/etc/passwd",
    "absolute-twice": "//etc/passwd",
    "absolute-with-dots": "/./etc/passwd",
    "absolute-to-the-root-itself": "{root}/ok.txt",
    "sibling-with-the-same-beginning": "../root-evil/secret.txt",
    "home": "~/.ssh/id_rsa",
    "home-alone": "~",
    "windows-drive": "C:\\Windows\\win.ini",
    "windows-drive-with-slashes": "C:/Windows/win.ini",
    "windows-share": "\\\\server\\share\\secret.txt",
    "windows-device": "\\\\.\\PhysicalDrive0",
    "windows-long": "\\\\?\\C:\\Windows\\win.ini",
    "file-url": "file:///etc/passwd",
    "variable": "$HOME/.ssh/id_rsa",
    "nul-at-the-end": "../outside/secret.txt\0.md",
    "nul-in-front": "\0/etc/passwd",
    "nul-behind-a-file": "ok.txt\0",
    "newline": "ok.txt\n",
    "escape": "\x1b[2Jok.txt",
    "percent": "%2e%2e%2foutside%2fsecret.txt",
    "percent-twice": "%252e%252e%252foutside%252fsecret.txt",
    "overlong-utf-8": "%c0%ae%c0%ae/outside/secret.txt",
    "fullwidth-dots": "．．/outside/secret.txt",
    "fullwidth-slash": "..／outside／secret.txt",
    "two-dot-leader": "‥/outside/secret.txt",
    "one-dot-leaders": "․․/outside/secret.txt",
    "small-dots": "﹒﹒/outside/secret.txt",
    "fraction-of-care": "℀/secret.txt",
    "zero-width-between-dots": ".\u200b./outside/secret.txt",
    "right-to-left": "ok\u202etxt.exe",
    "byte-order-mark": "\ufeff../outside/secret.txt",
    "line-separator": "ok\u2028.txt",
    "soft-hyphen": "ok\xad.txt",
    "lone-surrogate": "\udcff/secret.txt",
    "link-to-a-file": "link.txt",
    "link-to-a-folder": "link/secret.txt",
    "link-to-a-folder-deeper": "link/deep/secret.txt",
    "link-in-a-folder": "sub/up/outside/secret.txt",
    "link-to-a-file-inside": "inner-link.txt",
    "link-to-a-folder-inside": "inner-folder/inner.txt",
    "link-to-itself": "loop/secret.txt",
    "link-to-nothing": "dangling.txt",
    "link-to-a-closed-name": "open.txt",
    "proc-self-root": "proc/root/etc/passwd",
    "proc-self-cwd": "proc/cwd/secret.txt",
    "proc-self-environ": "proc/environ",
    "proc-self-fd": "fd/0",
    "hard-link": "hard.txt",
    "pipe": "pipe",
    "socket": "socket",
    "device": "null",
    "folder-as-a-file": "sub",
    "the-root-as-a-file": ".",
    "nothing": "",
    "file-as-a-folder": "ok.txt/secret.txt",
    "closed": ".env",
    "closed-in-a-folder": "sub/.git/config",
    "closed-with-a-dot": "./.env",
    "closed-by-a-folder": ".ssh/id_rsa",
    "closed-fullwidth": "．env",
    "missing": "missing.txt",
    "too-deep": "a/" * 100 + "b",
    "long-name": "a" * 300,
    "long-name-in-korean": "가" * 100,
    "long-path": "a/" * 3_000 + "b",
}
WRITABLE = {"percent", "percent-twice", "overlong-utf-8", "missing"}
"""Ordinary names, if odd ones: a file of this name beneath the root is harmless."""
HARMLESS = {
    "a-file": "ok.txt",
    "in-a-folder": "sub/inner.txt",
    "with-a-dot": "./sub/./inner.txt",
    "with-two-slashes": "sub//inner.txt",
    "dots-in-a-name": "sub/v1..2.txt",
    "dots-at-the-end": "sub/well...",
    "korean": "보고서/오월.txt",
    "korean-taken-apart": "메모.txt",
    "emoji": "sub/👩‍💻.txt",
    "spaces": "sub/two words.txt",
    "odd-but-fine": "sub/a+b=c,(1)[2]{3}'@#$!~.txt",
}
WAYS = [way for way in ("openat2", "dir_fd", "checked") if way != "openat2" or best_way() == "openat2"]


@dataclass
class Place:
    """A folder, what is beside it, and a guard of it."""

    root: Path
    outside: Path
    guard: PathGuard

    def around(self) -> dict[str, bytes]:
        """Return all files outside, and where the links lead."""
        found = {str(path): path.read_bytes() for path in self.outside.rglob("*") if path.is_file()}
        links = {str(path): bytes(path.readlink()) for path in self.root.rglob("*") if path.is_symlink()}
        return found | links


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """Make a folder with everything in it that leads out of it."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root / "sub" / ".git", root / ".ssh", root / "보고서", outside / "deep", tmp_path / "root-evil"):
        folder.mkdir(parents=True)
    for file in (outside / "secret.txt", outside / "deep" / "secret.txt", tmp_path / "root-evil" / "secret.txt"):
        file.write_bytes(SECRET)
    for name in (".env", "sub/.git/config", ".ssh/id_rsa"):
        (root / name).write_bytes(SECRET)
    for name in HARMLESS.values():
        (root / name).write_text("fine", encoding="utf-8")
    (root / "메모.txt").rename(root / "메모.txt".encode().decode().replace("메모", "\u1106\u1166\u1106\u1169"))
    links = {
        "link.txt": outside / "secret.txt", "link": outside, "sub/up": tmp_path, "inner-link.txt": root / "ok.txt",
        "inner-folder": root / "sub", "loop": root / "loop", "dangling.txt": outside / "new.txt",
        "open.txt": root / ".env", "proc": "/proc/self", "fd": "/proc/self/fd", "null": "/dev/null",
    }  # fmt: skip
    for name, target in links.items():
        (root / name).symlink_to(target)
    (root / "hard.txt").hardlink_to(outside / "secret.txt")
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(root)  # an address of a socket is short
        listening.bind("socket")
        os.chdir(here)
        yield Place(root, outside, PathGuard(root, way=getattr(request, "param", None)))


@pytest.mark.parametrize("place", WAYS, indirect=True)
@pytest.mark.parametrize("path", BLOCKED.values(), ids=BLOCKED)
@pytest.mark.soak(every=8)
def test_s03_is_blocked(path: str, place: Place) -> None:
    """Nothing is read, nothing outside is written, and the model reads why, without the folder's own path."""
    written = path.format(root=place.root) if "{root}" in path else path
    before = place.around()
    with pytest.raises(PathError) as refused:
        place.guard.read(written)
    shown = str(refused.value)
    assert shown.isprintable()
    assert str(place.root) not in shown.replace(written, "")
    if path in {BLOCKED[name] for name in WRITABLE}:
        place.guard.write(written, b"changed", overwrite=True)
    else:
        with pytest.raises(PathError):
            place.guard.write(written, b"changed", overwrite=True)
    assert place.around() == before
    assert not list(place.root.rglob("*.tmp"))


@pytest.mark.parametrize("place", WAYS, indirect=True)
@pytest.mark.parametrize("path", HARMLESS.values(), ids=HARMLESS)
def test_s03_passes(path: str, place: Place) -> None:
    """What is in the folder is read and replaced."""
    assert place.guard.read(path).data == b"fine"
    assert place.guard.write(path, b"changed", overwrite=True) is False
    assert place.guard.read(path).data == b"changed"


@pytest.mark.parametrize("place", WAYS, indirect=True)
def test_s03_a_listing_shows_what_can_be_opened(place: Place) -> None:
    """Links, devices, pipes, closed names and files with other names are not shown, so that nobody asks for them."""
    assert {entry.name for entry in place.guard.entries()} == {
        "ok.txt", "sub", "보고서", "\u1106\u1166\u1106\u1169.txt"
    }  # fmt: skip
    for folder in ("link", "inner-folder", "..", "/", "sub/up", "proc", ".ssh"):
        with pytest.raises(PathError):
            place.guard.entries(folder)


def _swap(first: Path, second: Path, stop: threading.Event) -> None:
    """Give two things each other's names, again and again, in one step each time."""
    libc = ctypes.CDLL(None, use_errno=True)
    names = (os.fsencode(first), os.fsencode(second))
    while not stop.is_set():
        assert libc.renameat2(-100, names[0], -100, names[1], 2) == 0, os.strerror(ctypes.get_errno())


def _race(swapped: tuple[Path, Path], work: Callable[[], bytes]) -> tuple[int, int]:
    """Do something while two things are swapped; return how often it succeeded, and how often it was refused."""
    stop = threading.Event()
    swapping = threading.Thread(target=_swap, args=(*swapped, stop))
    swapping.start()
    done = refused = 0
    try:
        for turn in range(20 * OPENINGS):
            if turn >= OPENINGS and done and refused:
                break
            try:
                assert work() != SECRET
                done += 1
            except PathError:
                refused += 1
    finally:
        stop.set()
        swapping.join()
    return done, refused


@LINUX
@pytest.mark.parametrize("place", WAYS, indirect=True)
@pytest.mark.parametrize("what", ["folder", "file"])
@pytest.mark.soak(every=6)
def test_s03_links_swapped_while_files_are_read(what: str, place: Place) -> None:
    """Of thousands of reads while a link takes the place of a folder or a file, none reads what is outside."""
    (place.root / "sub" / "secret.txt").write_bytes(b"fine")
    swapped = (place.root / "sub", place.root / "link")
    if what == "file":
        swapped = (place.root / "sub" / "secret.txt", place.root / "link.txt")
    done, refused = _race(swapped, lambda: place.guard.read("sub/secret.txt").data)
    assert done
    assert refused


@LINUX
@pytest.mark.parametrize("place", [way for way in WAYS if way != "checked"], indirect=True)
@pytest.mark.soak(every=2)
def test_s03_links_swapped_while_files_are_written(place: Place) -> None:
    """Nothing outside is written either, where the system can open a name in an open folder."""
    before = {path: path.read_bytes() for path in place.outside.rglob("*") if path.is_file()}

    def write() -> bytes:
        place.guard.write("sub/secret.txt", b"changed", overwrite=True)
        return b""

    done, refused = _race((place.root / "sub", place.root / "link"), write)
    assert done
    assert refused
    assert {path: path.read_bytes() for path in place.outside.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("place", WAYS, indirect=True)
def test_s03_sizes_are_capped(place: Place) -> None:
    """A file that is too large is not read, however little of it is on the disk, and none is written."""
    guard = PathGuard(place.root, max_read=100, max_write=100, way=place.guard.way)
    with (place.root / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PathError, match="too large to read: 1,099,511,627,776 bytes, and 100 are allowed"):
        guard.read("sparse")
    with pytest.raises(PathError, match="too large to write; 100 are allowed"):
        guard.write("big", bytes(101))
    assert guard.write("fits", bytes(100)) is True


@pytest.mark.parametrize(
    "path",
    ["con", "NUL.txt", "sub/com1", "lpt¹.md", "a:b", "ok.txt::$DATA", "GIT~1/config", "ok.txt.", "ok ", "a?b", "C:x"],
)
def test_s03_names_that_windows_reads_differently(path: str) -> None:
    """There, devices, streams, short names and lost ends are refused; elsewhere, they are names like others."""
    assert parts_of(path, windows=False)
    with pytest.raises(PathRefusedError):
        parts_of(path, windows=True)


FRAGMENTS = st.sampled_from(
    ["..", ".", "/", "\\", "link", "link.txt", "sub", "up", "outside", "secret.txt", "proc", "root", "~", "\0",
     "hard.txt", "loop", ".env", "．．", "‥", "\u200b", "%2e", "ok.txt", "inner-folder",
     "C:", " ", "etc", "passwd", "\udcff"]
)  # fmt: skip


@pytest.mark.parametrize("place", WAYS, indirect=True)
@pytest.mark.soak(every=3)
def test_s03_no_combination_leads_out(place: Place) -> None:
    """Whatever is put together of what leads out somewhere, does not."""

    @given(st.lists(FRAGMENTS, max_size=9).map("".join) | st.lists(FRAGMENTS, max_size=9).map("/".join))
    def holds(path: str) -> None:
        try:
            assert place.guard.read(path).data == b"fine"
        except PathError:
            return

    holds()


@given(st.text() | st.text(alphabet="./\\~a\0．‥／").map(str))
def test_s03_names_are_names(path: str) -> None:
    """What a path is read as has no way up, no separator and nothing invisible in it."""
    try:
        parts = parts_of(path)
    except PathRefusedError:
        return
    for part in parts:
        assert part not in {"", ".", ".."}
        assert part.isprintable() or "\u200d" in part or "\u200c" in part or not part.isascii()
        assert not {"/", "\\", "\0"} & set(part)
    assert os.path.normpath("/".join(["/root", *parts])).startswith("/root")


def test_s03_openat2_is_used_where_it_is() -> None:
    """The best way is one that resolves against an open folder on every system with such a thing."""
    way: Way = best_way()
    assert way != "checked" or os.name == "nt"
