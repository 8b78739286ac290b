"""LangChain's integration tests for embeddings, over both APIs, on cassettes recorded against the strict simulator."""

from langchain_tests.integration_tests import EmbeddingsIntegrationTests

from clovax_agents import ClovaXEmbeddings


class TestOverTheCompatibleApi(EmbeddingsIntegrationTests):
    """The OpenAI-compatible API."""

    api = "openai"

    @property
    def embeddings_class(self) -> type[ClovaXEmbeddings]:
        """What is tested."""
        return ClovaXEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, object]:
        """One request at a time, so that a cassette keeps its order."""
        return {"model": "bge-m3", "api": self.api, "max_concurrency": 1}


class TestOverTheNativeApi(TestOverTheCompatibleApi):
    """CLOVA Studio's own API."""

    api = "native"
