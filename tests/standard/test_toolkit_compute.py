"""LangChain's tests of tools, for the calculator, the clock and Python."""

import sys
from typing import Any

import pytest
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from clovax_agents.guards.sandbox import protections
from clovax_agents.toolkit import calculator, current_time, python_tool

HELD = {protection.name for protection in protections() if protection.held}
needs_sandbox = pytest.mark.skipif(
    sys.platform != "linux" or not {"files", "network"} <= HELD, reason="the sandbox does not hold here"
)


class Calculator:
    """What the suites ask about the calculator."""

    @property
    def tool_constructor(self) -> BaseTool:
        """The tool."""
        return calculator

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        """Arguments that it takes."""
        return {"expression": "growth(12,500; 15,000)"}


class Clock:
    """What the suites ask about the clock."""

    @property
    def tool_constructor(self) -> BaseTool:
        """The tool."""
        return current_time

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        """Arguments that it takes."""
        return {"zone": "런던", "when": "3일 뒤"}


class Python:
    """What the suites ask about Python."""

    @property
    def tool_constructor(self) -> BaseTool:
        """The tool."""
        return python_tool()

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        """Arguments that it takes."""
        return {"code": "import math; math.comb(10, 3)"}


class TestCalculatorUnit(Calculator, ToolsUnitTests):
    """The unit suite."""


class TestCalculatorIntegration(Calculator, ToolsIntegrationTests):
    """The integration suite."""


class TestClockUnit(Clock, ToolsUnitTests):
    """The unit suite."""


class TestClockIntegration(Clock, ToolsIntegrationTests):
    """The integration suite."""


@needs_sandbox
class TestPythonUnit(Python, ToolsUnitTests):
    """The unit suite."""


@needs_sandbox
class TestPythonIntegration(Python, ToolsIntegrationTests):
    """The integration suite."""
