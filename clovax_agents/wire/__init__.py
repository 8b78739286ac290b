"""Sans-I/O codecs: bytes and plain data in, neutral objects out. No I/O, no LangChain."""
