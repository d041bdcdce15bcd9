"""`python -m app.document [configuration]`: print the OpenAPI document, or the page on settings, as docs/ has them."""

import json
import sys

from app.configuration import configuration_text
from app.main import create_app


def document_text() -> str:
    """Return the document as indented JSON. It is the same for all settings and machines."""
    return json.dumps(create_app().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(configuration_text() if sys.argv[1:] == ["configuration"] else document_text(), end="")
