"""Every error this package raises, in one tree.

    ClovaXError
    ├── ConfigurationError (ValueError)        wrong or missing settings; nothing was sent
    │   ├── ToolDefinitionError                a function that cannot become a tool as it stands
    │   └── ToolPinError                       a tool of an MCP server that is not as it was pinned
    ├── ServiceError                           a call to the service that did not work out
    │   ├── RequestError (ValueError)          the service refuses this request; sending it again does not help
    │   │   ├── AuthenticationError            401, 403: key, subscription or permission
    │   │   ├── ContextLengthError             40003: too many tokens
    │   │   └── UnsupportedFunctionError       40009: as a rule the model named a tool that does not exist
    │   ├── RateLimitError (RuntimeError)      429
    │   │   ├── RateLimitWaitError (TimeoutError)  nothing was sent: the wait for room took too long
    │   │   └── ReservationTooLargeError       nothing was sent: it is larger than the whole limit
    │   ├── ServerError (RuntimeError)         5xx, and whatever the service calls its own fault
    │   │   └── CircuitOpenError               nothing was sent: it has failed again and again
    │   ├── ConnectionFailedError (RuntimeError)  no connection, or it broke
    │   │   └── CertificateError               the server's certificate is not trusted
    │   ├── CallTimeoutError (TimeoutError)    a deadline passed
    │   ├── TruncatedStreamError (RuntimeError)   the stream ended before the answer did
    │   └── InvalidResponseError (RuntimeError)   an answer that is not what the API promises
    │       └── EmptyAnswerError               an answer that says nothing, and calls nothing
    │           └── RefusedAnswerError         the model, or a filter of the service, would not answer
    ├── BudgetExceededError (RuntimeError)     nothing was sent: a budget of the agent is used up
    ├── RateLimitStoreError (RuntimeError)     the store that processes share is away; pacing goes on without it
    ├── JournalError (RuntimeError)            the journal of tool calls cannot be written, read or trusted
    ├── CheckpointError (RuntimeError)         a checkpoint that cannot be read or trusted
    │   └── CheckpointTypeError                a value that is not on the list of what checkpoints may hold
    ├── StructuredOutputError (ValueError)     an answer that does not have the form that was asked for
    └── ToolError (RuntimeError)               what a tool run ended with, as the model is told
        ├── InvalidArgumentsError              arguments that are not strict JSON or do not fit the schema
        ├── UnknownToolError                   no tool has this name
        ├── ModelRetry                         for tools to raise: the model shall call again with better arguments
        │   ├── PathError                      a path at which there is nothing that could be read or written
        │   │   └── PathRefusedError           a path out of the folder, or to what the path guard keeps closed
        │   └── QueryError                     SQL that did not work out, in the database's own words
        │       └── QueryRefusedError          SQL that would do more than read what may be read
        ├── ToolFailed                         for tools to raise: it failed for good, calling again does not help
        ├── ToolRefusedError                   not run: no approval, no scope, no room, or quarantined
        │   └── ForbiddenURLError              an address that may not be fetched; nothing was sent there
        ├── FetchError                         a page or a service of the web that could not be read
        ├── ToolTimeoutError (TimeoutError)    the tool's timeout passed
        ├── ToolCrashedError                   the tool took its process down, or tried to
        │   └── ToolServerError                the server behind the tool is gone, or went away during the call
        ├── ToolOutputError                    the tool ran, and what it returned cannot be told to a model
        └── OutcomeUnknownError                the tool may have run, or not: it is not run again

The built-in bases are there for LangGraph's server, which hides the text of any other class from its clients.
LangChain's own bases, ``ModelRateLimitError`` and its like, tell its middleware what to try again and what to shorten.
No error carries a key, a header or the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelError,
    ModelInvalidRequestError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "AuthenticationError",
    "BudgetExceededError",
    "CallFacts",
    "CallTimeoutError",
    "CertificateError",
    "CheckpointError",
    "CheckpointTypeError",
    "CircuitOpenError",
    "ClovaXError",
    "ConfigurationError",
    "ConnectionFailedError",
    "ContextLengthError",
    "EmptyAnswerError",
    "FetchError",
    "ForbiddenURLError",
    "InvalidArgumentsError",
    "InvalidResponseError",
    "JournalError",
    "ModelRetry",
    "OutcomeUnknownError",
    "PathError",
    "PathRefusedError",
    "QueryError",
    "QueryRefusedError",
    "RateLimitError",
    "RateLimitStoreError",
    "RateLimitWaitError",
    "RefusedAnswerError",
    "RequestError",
    "ReservationTooLargeError",
    "ServerError",
    "ServiceError",
    "StructuredOutputError",
    "ToolCrashedError",
    "ToolDefinitionError",
    "ToolError",
    "ToolFailed",
    "ToolOutputError",
    "ToolPinError",
    "ToolRefusedError",
    "ToolServerError",
    "ToolTimeoutError",
    "TruncatedStreamError",
    "UnknownToolError",
    "UnsupportedFunctionError",
]


class ClovaXError(Exception):
    """The root: catch this to catch everything that this package raises on purpose."""


class ConfigurationError(ClovaXError, ModelInvalidRequestError, ValueError):
    """Settings that cannot work, found before anything was sent."""


class ToolDefinitionError(ConfigurationError):
    """A function that cannot become a tool; the text says what to change."""


class ToolPinError(ConfigurationError):
    """A tool of an MCP server that is not as it was pinned, or never was; the text shows what has changed."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known about a call that failed.

    Attributes:
        code: CLOVA's own code, five digits, for instance ``"42901"``; None if the answer carried none.
        status: HTTP status; None if there was no answer.
        request_id: the id under which we sent the call, to quote to the operator.
        attempts: how many times the request was sent.
        elapsed: seconds from the first attempt to the error.
        retry_after: seconds after which the service says it will answer again; None if it does not say.
        deadline: which one passed: ``"connect"``, ``"first_token"``, ``"idle"``, ``"answer"``, ``"total"``, or none.
        partial: the text that had arrived before the error.
        retries: how many more attempts the answer is worth, where its code says so; None if its kind alone does.
        arrived: whether the request may have reached the service; False where no connection could be made.
    """

    code: str | None = None
    status: int | None = None
    request_id: str | None = None
    attempts: int = 1
    elapsed: float = 0.0
    retry_after: float | None = None
    deadline: str | None = None
    partial: str = ""
    retries: int | None = None
    arrived: bool = True


class ServiceError(ClovaXError, ModelError):
    """A call to the service that did not work out; ``facts`` says how it went."""

    def __init__(self, message: str, facts: CallFacts | None = None) -> None:
        """Keep the bare message and the facts; both survive pickling."""
        super().__init__(message)
        self.message = message
        self.facts: CallFacts = facts or CallFacts()
        if self.facts.retries is not None:
            self.is_retryable: bool = self.facts.retries > 0

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return type(self), (self.message, self.facts)

    def __str__(self) -> str:
        notes = [f"code {self.facts.code}"] if self.facts.code else []
        if self.facts.request_id:
            notes.append(f"request {self.facts.request_id}")
        if self.facts.attempts > 1:
            notes.append(f"{self.facts.attempts} attempts in {self.facts.elapsed:.1f} s")
        return f"{self.message} ({', '.join(notes)})" if notes else self.message


class RequestError(ServiceError, ModelInvalidRequestError, ValueError):
    """The service refuses this request; sending it again unchanged does not help."""


class AuthenticationError(RequestError, ModelAuthenticationError, ModelPermissionDeniedError):
    """The key, the subscription or the permission is missing or wrong."""


class ContextLengthError(RequestError, ContextOverflowError):
    """Input and requested output together exceed the model's context."""


class UnsupportedFunctionError(RequestError):
    """Code 40009: as a rule the model named a tool that does not exist."""


class RateLimitError(ServiceError, ModelRateLimitError, RuntimeError):
    """The limit of requests or tokens per minute is used up."""


class RateLimitWaitError(RateLimitError, TimeoutError):
    """The request waited for room within the rate limit for as long as it was allowed to; nothing was sent."""


class ReservationTooLargeError(RateLimitError):
    """The request alone is larger than what the rate limit allows in a minute; nothing was sent."""

    is_retryable = False


class ServerError(ServiceError, ModelAPIError, RuntimeError):
    """The service failed on its own side."""


class CircuitOpenError(ServerError):
    """The service has failed again and again, so nothing was sent; ``facts.retry_after`` says when it will be."""


class ConnectionFailedError(ServiceError, ModelConnectionError, RuntimeError):
    """No connection could be made, or it broke before the answer was whole."""


class CertificateError(ConnectionFailedError):
    """The server's certificate is not trusted; trying again does not help."""

    is_retryable = False


class CallTimeoutError(ServiceError, ModelTimeoutError, TimeoutError):
    """A deadline of the call passed; the text names which one, and so does ``facts.deadline``."""


class TruncatedStreamError(ServiceError, RuntimeError):
    """The stream ended before the answer did; ``facts.partial`` is the text that had arrived."""

    is_retryable = True


class InvalidResponseError(ServiceError, RuntimeError):
    """The answer is not what the API promises; the text quotes its beginning."""

    is_retryable = True


class EmptyAnswerError(InvalidResponseError):
    """The model said nothing and called nothing, although it was asked again; never shown as an answer."""


class RefusedAnswerError(EmptyAnswerError):
    """The model, or a filter of the service, would not answer, although it was asked again."""

    is_retryable = False


class BudgetExceededError(ClovaXError, RuntimeError):
    """Nothing was sent, since a budget is used up; agents turn it into a final answer that says so.

    Attributes:
        name: of the limit, as of `Budget`.
        scope: ``"run"`` or ``"thread"``.
        limit: that was set.
        used: so far.
    """

    def __init__(self, message: str, *, name: str, scope: str, limit: float, used: float) -> None:
        """Keep which budget it is; all of it survives pickling."""
        super().__init__(message)
        self.name = name
        self.scope = scope
        self.limit = limit
        self.used = used

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _budget_exceeded, (str(self), self.name, self.scope, self.limit, self.used)


def _budget_exceeded(message: str, name: str, scope: str, limit: float, used: float) -> BudgetExceededError:
    return BudgetExceededError(message, name=name, scope=scope, limit=limit, used=used)


class RateLimitStoreError(ClovaXError, RuntimeError):
    """The store in which processes share their rate limit cannot be reached, or does not do what it should."""


class JournalError(ClovaXError, RuntimeError):
    """The journal of tool calls cannot be written, read or trusted; nothing is run without it."""


class CheckpointError(ClovaXError, RuntimeError):
    """A checkpoint that cannot be read or trusted: damaged, forged, or written by something else."""


class CheckpointTypeError(CheckpointError):
    """A value that is not on the list of what checkpoints may hold; the text names its class and the way out."""


class StructuredOutputError(ClovaXError, ValueError):
    """The answer does not have the form that was asked for, nor had it after a second try."""


class ToolError(ClovaXError, RuntimeError):
    """A tool run that ended badly, in the words that the model reads."""


class InvalidArgumentsError(ToolError):
    """Arguments that are not strict JSON or do not fit the tool's schema."""


class UnknownToolError(ToolError):
    """The model named a tool that does not exist."""


class ModelRetry(ToolError):  # noqa: N818  # the name that the field knows
    """Raise it in a tool when other arguments would help: the model reads the text and may call again."""


class PathError(ModelRetry):
    """Nothing can be read or written at this path: nothing is there, it is too large, or there is something else."""


class PathRefusedError(PathError):
    """The path leads out of the folder, or to what the path guard keeps closed; nothing was opened."""


class QueryError(ModelRetry):
    """The SQL did not work out: a mistake in it, or it asks for too much; the text is the database's, cut."""


class QueryRefusedError(QueryError):
    """The SQL would do more than read, or read more than it may; nothing was run."""


class ToolFailed(ToolError):  # noqa: N818  # the name that the field knows
    """Raise it in a tool when nothing will help: the model reads the text, and that it must not try again."""


class ToolRefusedError(ToolError):
    """The call was not run: nobody approved it, a scope is missing, there is no room, or it is quarantined."""


class ForbiddenURLError(ToolRefusedError):
    """An address that may not be fetched: not public, not on the list, or not written plainly; nothing was sent."""


class FetchError(ToolError):
    """A page or a service of the web that could not be read: unreachable, too slow, too large, or not text."""


class ToolTimeoutError(ToolError, TimeoutError):
    """The tool's timeout passed."""


class ToolCrashedError(ToolError):
    """The tool took its process down, or tried to leave it."""


class ToolServerError(ToolCrashedError):
    """The server behind the tool cannot be reached, or went away during the call."""


class ToolOutputError(ToolError):
    """The tool ran, and what it returned cannot be told to a model."""


class OutcomeUnknownError(ToolError):
    """The tool may have run, or not; it is not run again."""
