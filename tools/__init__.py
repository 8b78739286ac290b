"""The tools of the reference application: the support desk of a Korean online shop."""
