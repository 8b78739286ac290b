"""The nodes that every prebuilt graph is made of. Each is a Runnable, sync and async alike, over pure functions."""

from clovax_agents.nodes.approval import ApprovalNode
from clovax_agents.nodes.model import ModelNode
from clovax_agents.nodes.tools import ToolsNode

__all__ = ["ApprovalNode", "ModelNode", "ToolsNode"]
