"""Testing kit for agents on HyperCLOVA X."""
