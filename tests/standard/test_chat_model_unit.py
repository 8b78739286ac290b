"""LangChain's own unit tests for chat models, for both APIs and for models of both kinds."""

from langchain_tests.unit_tests import ChatModelUnitTests

from clovax_agents import ChatClovaX


class _Suite(ChatModelUnitTests):
    api = "openai"
    name = "HCX-005"

    @property
    def chat_model_class(self) -> type[ChatClovaX]:
        """Return the class under test."""
        return ChatClovaX

    @property
    def chat_model_params(self) -> dict[str, str]:
        """Return how it is built."""
        return {"model": self.name, "api": self.api, "api_key": "nv-test"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        """Return the environment, the parameters and what must come of them."""
        environment = {"CLOVASTUDIO_API_KEY": "nv-env", "CLOVASTUDIO_API_BASE_URL": "https://env.kr/v1/openai"}
        given = {"model": self.name, "api": self.api}
        return environment, given, given | {"api_key": "nv-env", "base_url": "https://env.kr/v1/openai"}


class TestCompatible(_Suite):
    """HCX-005, which calls a tool for an answer of a given form, over the OpenAI-compatible API."""


class TestNative(_Suite):
    """HCX-005 over the native API."""

    api = "native"


class TestCompatibleThinker(_Suite):
    """HCX-007, which can be held to a schema, over the OpenAI-compatible API."""

    name = "HCX-007"


class TestNativeThinker(_Suite):
    """HCX-007 over the native API."""

    name = "HCX-007"
    api = "native"
