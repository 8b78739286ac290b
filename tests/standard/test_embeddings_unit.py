"""LangChain's unit tests for embeddings."""

from langchain_tests.unit_tests import EmbeddingsUnitTests

from clovax_agents import ClovaXEmbeddings


class TestClovaXEmbeddings(EmbeddingsUnitTests):
    """The class is made as LangChain's programs make it."""

    @property
    def embeddings_class(self) -> type[ClovaXEmbeddings]:
        """What is tested."""
        return ClovaXEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, object]:
        """With a key that opens nothing."""
        return {"api_key": "nv-test"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, object], dict[str, object]]:
        """The environment, nothing given, and what comes of it."""
        return {"CLOVASTUDIO_API_KEY": "nv-env"}, {}, {"api_key": "nv-env"}
