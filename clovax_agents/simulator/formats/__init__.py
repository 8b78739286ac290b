"""How each API writes an answer: whole, and as server-sent events."""
