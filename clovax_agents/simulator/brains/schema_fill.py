def fill_schema(schema: object, question: str, now: float) -> object:
    return {}
