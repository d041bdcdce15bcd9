"""The peer that a developer writes in an hour: one FastAPI route, Pillow, the compiled network called directly.

The route is a plain function, so that Starlette runs it in its threads; two of them at a time, since TensorFlow uses
all cores for each. That, uvloop and no access log are more than most of its kind have.
"""

import threading
from typing import Annotated

import uvicorn
from fastapi import Body, FastAPI, Response

from app.threads import cores
from benchmarks.peers.network import Network
from benchmarks.peers.options import HOST, from_png, options, to_png


def main() -> None:
    """Serve POST /denoise with an image file as the body, and GET /health."""
    told = options(at_once=2)
    network = Network(told.model, cores(), told.side)
    at_once = threading.BoundedSemaphore(told.at_once)
    app = FastAPI()

    @app.post("/denoise")
    def denoise(file: Annotated[bytes, Body()]) -> Response:
        pixels = from_png(file)
        with at_once:
            clean = network(pixels[None])[0]
        return Response(to_png(clean), media_type="image/png")

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    uvicorn.run(app, host=HOST, port=told.port, loop="uvloop", http="httptools", access_log=False)


if __name__ == "__main__":
    main()
