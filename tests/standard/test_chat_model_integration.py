"""LangChain's own integration tests for chat models, on recorded exchanges, for both APIs.

Recorded against the strict simulator: nobody here has a key. Whatever is left out names a limit of the service.
"""

from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests

from clovax_agents import ChatClovaX


class _Suite(ChatModelIntegrationTests):
    api = "openai"
    name = "HCX-005"

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        """Return the class under test."""
        return ChatClovaX

    @property
    def chat_model_params(self) -> dict[str, Any]:
        """Return how it is built."""
        return {"model": self.name, "api": self.api, "max_retries": 0}

    @property
    def model_override_value(self) -> str:
        """Another model of the table."""
        return "HCX-DASH-002"

    @property
    def has_tool_choice(self) -> bool:
        """A tool can be named."""
        return True

    @property
    def supports_image_urls(self) -> bool:
        """HCX-005 reads images by their address."""
        return self.name == "HCX-005"


class _Compatible(_Suite):
    @pytest.mark.xfail(
        reason="streams of the OpenAI-compatible API carry no usage (docs/wire.md, W3.4-06)", strict=True
    )
    def test_usage_metadata_streaming(self, model: BaseChatModel) -> None:
        """Ask for usage at the end of a stream, which only the native API gives."""
        super().test_usage_metadata_streaming(model)


class TestCompatible(_Compatible):
    """HCX-005 over the OpenAI-compatible API."""


class TestNative(_Suite):
    """HCX-005 over the native API."""

    api = "native"


class TestCompatibleThinker(_Compatible):
    """HCX-007, which can be held to a schema, over the OpenAI-compatible API."""

    name = "HCX-007"


class TestNativeThinker(_Suite):
    """HCX-007 over the native API."""

    name = "HCX-007"
    api = "native"
