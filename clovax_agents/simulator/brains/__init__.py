"""What decides the simulated model's words: scripts and rules, pure and without I/O."""
