"""A chat model that says what a test wrote down, and tells what it was asked."""
