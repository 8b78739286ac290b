"""Where tools run: threads that nobody waits for, processes that can be killed, executors of others (promise 7)."""
