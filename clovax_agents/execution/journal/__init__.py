"""The journal of tool calls, its backends, and the choice among them."""
