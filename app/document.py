"""`python -m app.document`: print the OpenAPI document, as docs/openapi.json has it."""

import json

from app.main import create_app


def document_text() -> str:
    """Return the document as indented JSON. It is the same for all settings and machines."""
    return json.dumps(create_app().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(document_text(), end="")
