"""One call to the service: a generator that decides, and two drivers, sync and async, that do what it says."""
