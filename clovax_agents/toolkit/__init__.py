"""Ready-made tools for agents; each is imported when it is asked for."""
