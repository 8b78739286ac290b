"""Faults on demand: what can go wrong between the service and a client, when somebody asks for it."""

from clovax_agents.simulator.faults.middleware import FAULTS, FaultMiddleware
from clovax_agents.simulator.faults.plan import FaultPlan
from clovax_agents.simulator.faults.spec import Fault, parse_faults

__all__ = ["FAULTS", "Fault", "FaultMiddleware", "FaultPlan", "parse_faults"]
