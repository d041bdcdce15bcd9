"""Why the service, or a command, can't start: one line for whoever started it."""

from pydantic import ValidationError

from app.access.keys import KeysError
from models.store import ArtifactError


def reason_of(error: ValidationError | ArtifactError | KeysError) -> str:
    """Return one line that names what is impossible: the setting as its environment variable, or the artifact."""
    if isinstance(error, (ArtifactError, KeysError)):
        return str(error)
    first = error.errors()[0]
    name = f"LIMPID_{'_'.join(map(str, first['loc'])).upper()}: " if first["loc"] else ""
    return name + " ".join(first["msg"].split())
