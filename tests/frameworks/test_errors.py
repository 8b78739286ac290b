"""Our errors are LangChain's, too: its middleware knows what to try again and what to shorten."""

import pickle
from typing import Any

import pytest
from agentparts import get_weather
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware, ModelRetryMiddleware, SummarizationMiddleware
from langchain_core import exceptions
from langchain_core.messages import AIMessage, HumanMessage

from clovax_agents import ChatClovaX, errors
from clovax_agents.simulator import FaultPlan
from clovax_agents.testing import LoopbackSimulator

QUESTION: Any = {"messages": [("user", "안녕하세요")]}
KINDS = {
    "ConfigurationError": (exceptions.ModelInvalidRequestError, False),
    "RequestError": (exceptions.ModelInvalidRequestError, False),
    "AuthenticationError": (exceptions.ModelAuthenticationError, False),
    "ContextLengthError": (exceptions.ContextOverflowError, False),
    "UnsupportedFunctionError": (exceptions.ModelInvalidRequestError, False),
    "RateLimitError": (exceptions.ModelRateLimitError, True),
    "ServerError": (exceptions.ModelAPIError, True),
    "ConnectionFailedError": (exceptions.ModelConnectionError, True),
    "CertificateError": (exceptions.ModelConnectionError, False),
    "CallTimeoutError": (exceptions.ModelTimeoutError, True),
    "TruncatedStreamError": (exceptions.ModelError, True),
    "InvalidResponseError": (exceptions.ModelError, True),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_error_is_one_of_langchains(name: str) -> None:
    """Of the same meaning, and as worth another try; pickled ones, too."""
    kind, again = KINDS[name]
    error = pickle.loads(pickle.dumps(getattr(errors, name)("말")))  # noqa: S301  # made a line ago

    assert isinstance(error, kind)
    assert isinstance(error, errors.ClovaXError)
    assert error.is_retryable is again
    assert str(error) == "말"


@pytest.mark.parametrize(("fault", "requests"), [("error; code=50000; times=1", 2), ("error; code=40000; times=1", 1)])
def test_what_may_succeed_is_tried_again_and_nothing_else(
    clovax_simulator: LoopbackSimulator, fault: str, requests: int
) -> None:
    """By ModelRetryMiddleware, with the model's own retries turned off."""
    retry = ModelRetryMiddleware(max_retries=2, initial_delay=0.01, on_failure="error")
    agent = create_agent(ChatClovaX(max_retries=0), [get_weather], middleware=[retry])
    with clovax_simulator.using(faults=FaultPlan.parse(fault)):
        try:
            agent.invoke(QUESTION)
        except errors.RequestError:
            assert requests == 1
        assert len(clovax_simulator.requests) == requests


def test_another_model_answers_where_one_cannot(clovax_simulator: LoopbackSimulator) -> None:
    """ModelFallbackMiddleware goes on with the next."""
    fallback = ModelFallbackMiddleware(ChatClovaX(model="HCX-DASH-002"))
    agent = create_agent(ChatClovaX(max_retries=0), [get_weather], middleware=[fallback])
    with clovax_simulator.using(faults=FaultPlan.parse("error; code=42901; times=1")):
        found: Any = agent.invoke(QUESTION)

    assert isinstance(found["messages"][-1], AIMessage)
    assert [record.status for record in clovax_simulator.requests] == [429, 200]
    assert clovax_simulator.requests[-1].model == "HCX-DASH-002"


def test_a_history_that_is_too_long_is_shortened(clovax_simulator: LoopbackSimulator) -> None:
    """SummarizationMiddleware counts with the model, asks it for a summary, and goes on with that."""
    chat = ChatClovaX()
    count = chat.get_num_tokens_from_messages
    shortened = SummarizationMiddleware(chat, trigger=("tokens", 300), keep=("messages", 2), token_counter=count)
    agent = create_agent(chat, [get_weather], middleware=[shortened])
    history = [HumanMessage(f"{number}번째 질문입니다. 환불 규정을 알려 주세요.") for number in range(40)]
    found: Any = agent.invoke({"messages": history})

    assert len(found["messages"]) < 10
    assert count(found["messages"]) < count(history)
    assert len(clovax_simulator.requests) >= 2
