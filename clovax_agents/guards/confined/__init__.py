"""What a process of the sandbox does to itself before it runs anything; needs nothing but the standard library.

The process runs these modules as a package of their own, without the rest of the library and without site-packages.
Each run pays for each import: there is neither typing nor json, ast or enum, which would double the time to start.
"""
