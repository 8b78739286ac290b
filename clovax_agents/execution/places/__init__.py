"""The places where tools run: threads and processes of our own, and executors of the user's."""
