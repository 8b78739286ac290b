"""Guards: what keeps a tool's arguments from reaching what they must not reach."""
