"""All cases."""

from functools import cache

from tests.formats import avif, bmp, conversions, gif, jpeg, metadata, others, png, tiff, webp
from tests.formats.case import Case


@cache
def all_cases() -> tuple[Case, ...]:
    """Return every case, in the order of the document; the same in every run."""
    families = (png, jpeg, webp, avif, gif, bmp, tiff, others, metadata, conversions)
    return tuple(case for family in families for case in family.cases())
