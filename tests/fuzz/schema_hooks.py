"""Loaded by schemathesis: where the document says that a picture goes, a valid one does, so that options get read."""

import schemathesis
from hypothesis import strategies

from tests.fuzz.seeds import seeds

for format_ in sorted({seed.format for seed in seeds()} - {"bmp"}):
    files = [seed.file for seed in seeds() if seed.format == format_]
    schemathesis.openapi.media_type(f"image/{format_}", strategies.sampled_from(files))
everything = strategies.sampled_from([seed.file for seed in seeds()])
schemathesis.openapi.media_type("application/octet-stream", everything)
schemathesis.openapi.format("binary", everything)
