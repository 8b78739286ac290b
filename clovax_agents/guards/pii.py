"""`KoreanPII`: numbers of persons and businesses taken out of texts, whole or streamed."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Final, Literal, cast, get_args

from clovax_agents.errors import ConfigurationError
from clovax_agents.guards.pii_scan import AnyKind, Found, Scan
from clovax_agents.guards.pii_shapes import Kind
from clovax_agents.guards.pii_text import levelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from clovax_agents.guards.pii_stream import RedactingStream

__all__ = ["ALL_KINDS", "KoreanPII", "PIIKind", "Style", "redact_pii"]

PIIKind = AnyKind
Style = Literal["label", "mask", "hash"]
Language = Literal["ko", "en"]

ALL_KINDS: Final[frozenset[str]] = frozenset({*get_args(Kind), "email"})
"""Every kind of number that is known, and e-mail addresses."""
_LABELS: Final[dict[str, tuple[str, str]]] = {
    "resident": ("주민등록번호", "resident number"),
    "foreigner": ("외국인등록번호", "foreigner number"),
    "passport": ("여권번호", "passport number"),
    "licence": ("운전면허번호", "driver's licence"),
    "phone": ("전화번호", "phone number"),
    "hotline": ("대표번호", "hotline"),
    "business": ("사업자등록번호", "business number"),
    "corporation": ("법인등록번호", "corporation number"),
    "card": ("카드번호", "card number"),
    "account": ("계좌번호", "account number"),
    "email": ("이메일", "e-mail"),
}
_KEPT: Final = {"phone": 4, "card": 4, "account": 3}
"""Last digits that a mask leaves, as receipts do."""
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
_HASHED: Final = 10


class KoreanPII:
    """Takes resident, phone, card, account and other numbers and e-mail addresses out of a text; call it with the text.

    Numbers with a check digit have to pass it; without one, shape, date and the nearest word in front decide. Names and
    addresses of persons are not found. Equal objects redact equally; they may be pickled and shared by threads.

    Args:
        kinds: what to take out; by default all of `ALL_KINDS`.
        style: ``"label"`` writes ``[전화번호]``, ``"mask"`` writes ``***-****-5678``, and ``"hash"`` writes
            ``[전화번호:kbdfhcemgj]``, the same for the same number, by which one number can be told from another.
        language: of the labels, ``"ko"`` or ``"en"``.
        key: secret of ``"hash"``; with the same key, another process writes the same. By default one is drawn.

    Raises:
        ConfigurationError: an unknown kind, style or language.

    Example:
        >>> KoreanPII(["phone"], style="mask")("연락처는 010-1234-5678")
        '연락처는 ***-****-5678'
    """

    def __init__(
        self,
        kinds: Iterable[str] | None = None,
        *,
        style: Style = "label",
        language: Language = "ko",
        key: str | bytes | None = None,
    ) -> None:
        """Check the settings."""
        self._kinds = _checked_kinds(kinds)
        _check_one_of("style", style, get_args(Style))
        _check_one_of("language", language, get_args(Language))
        self._style, self._language = style, language
        self._key = key.encode() if isinstance(key, str) else key or secrets.token_bytes(16)
        if key and style != "hash":
            raise ConfigurationError("key= is for style='hash': leave it out, or choose that style")

    @property
    def kinds(self) -> frozenset[str]:
        """What is taken out."""
        return self._kinds

    def __call__(self, text: str) -> str:
        """Return a text without what is to be taken out."""
        return replaced(text, self.find(text), self._instead)

    def find(self, text: str) -> list[Found]:
        """Return where in a text something stands that is to be taken out.

        Example:
            >>> KoreanPII().find("kim@example.com")
            [Found(kind='email', start=0, end=15)]
        """
        scan = Scan()
        scan.text = levelled(text)
        return [found for found in scan.run(is_whole=True) if found.kind in self._kinds]

    def stream(self) -> RedactingStream:
        """Return what takes a text in pieces and gives out pieces that make the redacted text."""
        from clovax_agents.guards.pii_stream import RedactingStream  # noqa: PLC0415  # it stands on this module

        return RedactingStream(self)

    def instead_of(self, found: Found, written: str) -> str | None:
        """Return what to write instead of something found, None to leave it."""
        return self._instead(found, written) if found.kind in self._kinds else None

    def _instead(self, found: Found, written: str) -> str:
        if self._style == "mask":
            return _masked_address(written) if found.kind == "email" else _masked(written, _KEPT.get(found.kind, 0))
        label = _LABELS[found.kind][0 if self._language == "ko" else 1]
        return f"[{label}:{self._hashed(written)}]" if self._style == "hash" else f"[{label}]"

    def _hashed(self, written: str) -> str:
        """Return letters only: digits could look like a number again."""
        said = "".join(filter(str.isalnum, levelled(written))).casefold()
        return hmac.digest(self._key, said.encode(), "sha256").hex()[:_HASHED].translate(_LETTERS)

    def __repr__(self) -> str:
        return f"KoreanPII({sorted(self._kinds)!r}, style={self._style!r}, language={self._language!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KoreanPII) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        key = self._key if self._style == "hash" else b""
        return self._kinds, self._style, self._language, key


def redact_pii(
    text: str, *, kinds: Iterable[str] | None = None, replacement: str | Callable[[str, str], str] | None = None
) -> str:
    """Return a text without numbers of persons and businesses and without e-mail addresses.

    Args:
        text: of any length; it is read in linear time.
        kinds: what to take out; by default all of `ALL_KINDS`.
        replacement: a text to write instead, or a function of the kind and of what stands there; by default a label.

    Raises:
        ConfigurationError: an unknown kind.

    Example:
        >>> redact_pii("주문 ORD-20261118-0001, 고객 900101-1234568, 010-1234-5678")
        '주문 ORD-20261118-0001, 고객 [주민등록번호], [전화번호]'
    """
    pii = _DEFAULT if kinds is None else KoreanPII(kinds)
    if replacement is None:
        return pii(text)
    if callable(replacement):
        return replaced(text, pii.find(text), lambda found, written: replacement(found.kind, written))
    return replaced(text, pii.find(text), lambda _, __: replacement)


def replaced(text: str, finds: Iterable[Found], instead: Callable[[Found, str], str]) -> str:
    """Return a text with something else in each of several places."""
    parts: list[str] = []
    place = 0
    for found in finds:
        parts += text[place : found.start], instead(found, text[found.start : found.end])
        place = found.end
    return "".join([*parts, text[place:]]) if parts else text


def _masked(written: str, kept: int) -> str:
    digits = sum(map(str.isdigit, levelled(written)))
    masked: list[str] = []
    for character in written:
        is_digit = character.isdecimal()
        hidden = (is_digit and digits > kept) or (character.isascii() and character.isalpha())
        digits -= is_digit
        masked.append("*" if hidden else character)
    return "".join(masked)


def _masked_address(written: str) -> str:
    """Leave the first letter and the domain of an e-mail address."""
    at = levelled(written).index("@")
    return f"{written[0]}{'*' * (at - 1)}{written[at:]}" if at > 1 else f"*{written[at:]}"


def _checked_kinds(kinds: Iterable[str] | None) -> frozenset[str]:
    if kinds is None:
        return ALL_KINDS
    wanted = frozenset({kinds} if isinstance(kinds, str) else kinds)
    if unknown := sorted(map(str, wanted - ALL_KINDS)):
        raise ConfigurationError(f"there is no kind {unknown[0]!r} of numbers: use {', '.join(sorted(ALL_KINDS))}")
    return wanted


def _check_one_of(name: str, value: object, allowed: Iterable[object]) -> None:
    if value not in allowed:
        raise ConfigurationError(f"{name}={value!r} is none of {', '.join(map(repr, cast('Iterable[str]', allowed)))}")


_DEFAULT: Final = KoreanPII()
