"""What a deep agent works with: a list of what is to do, and files, both in the state of its conversation."""

from clovax_agents.workspace.state import DeepInput, DeepOutput, DeepState, FilesState, Todo

__all__ = ["DeepInput", "DeepOutput", "DeepState", "FilesState", "Todo"]
