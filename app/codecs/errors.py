"""What to say of a file that can't be decoded."""

from app.codecs.formats import Source
from app.errors import CorruptImage


def corrupt(source: Source) -> CorruptImage:
    """Return the error for broken data of a format."""
    return CorruptImage(f"the {source.upper()} data are broken or cut off: send the whole file again")
