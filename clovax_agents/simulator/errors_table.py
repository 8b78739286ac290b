"""The documented errors by code, for faults that name no more than a code (docs/wire.md, section 4.1)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DOCUMENTED_ERRORS"]

_SUBSCRIPTION: Final = "No subscription request history found. Please request a subscription to use"
_HYPERCLOVA: Final = "{HyperCLOVA error message}"
DOCUMENTED_ERRORS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {
        "40000": (400, "Bad request"),
        "40001": (400, "Invalid parameter"),
        "40002": (400, "Unsupported parameter"),
        "40003": (400, "Context length exceeded"),
        "40004": (400, "Text empty"),
        "40005": (400, "Unavailable output"),
        "40006": (400, "Unavailable output 2"),
        "40009": (400, "Unsupported function"),
        "40055": (400, "Invalid response format schema"),
        "40060": (400, "Unsupported image format"),
        "40061": (400, "File size error"),
        "40063": (400, "Image download failed"),
        "40080": (400, "Model not found"),
        "40082": (400, "Model fade out"),
        "40083": (400, "Model no resource"),
        "40084": (400, "Unsupported API for model"),
        "40100": (401, "Unauthorized"),
        "40101": (401, "Invalid signature"),
        "40102": (401, "Invalid Authentication Type"),
        "40103": (401, "Access token expired"),
        "40104": (401, "Invalid key"),
        "40170": (401, _SUBSCRIPTION),
        "40300": (403, "Forbidden"),
        "40301": (403, "No ownership"),
        "40400": (404, "Not found"),
        "40600": (406, "Not Acceptable"),
        "40800": (408, "Request timeout"),
        "41300": (413, "Request body size exceeded"),
        "41500": (415, "MediaType error"),
        "41501": (415, "No multipart boundary Content-Type"),
        "42400": (424, "Processing Failed"),
        "42900": (429, "Too many requests"),
        "42901": (429, "Too many requests - rate exceeded"),
        "42902": (429, "Too many requests - overloaded"),
        "42903": (429, "Too many requests - image queue"),
        "50000": (500, "Internal server error"),
        "50100": (501, "Not yet implemented"),
        "50400": (504, "Gateway timeout"),
        "61002": (400, "missing input value"),
        "61004": (400, "invalid action input"),
        "61005": (400, "missing model url"),
        "62001": (400, "invalid input value"),
        "63001": (400, "invalid action in cot"),
        "63002": (400, "Requests_* action not in cot"),
        "64400": (400, _HYPERCLOVA),
        "65001": (400, _HYPERCLOVA),
        "65400": (400, _HYPERCLOVA),
        "64429": (429, _HYPERCLOVA),
        "64000": (500, "Model unavailable"),
        "64424": (500, "Model generation failed"),
        "64500": (500, "Model server error"),
        "65002": (500, "Response parsing failed"),
    }
)
"""Status and message by code; where a code has several messages, the one that no request brings about by itself."""
