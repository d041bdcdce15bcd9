"""The peer that is a serving framework: LitServe with its dynamic batching.

One API server and `workers` processes that decode, run the network and encode, which is how LitServe is laid out;
TensorFlow's threads divide the cores among them. Images travel as the body's bytes, over its fast (ZeroMQ) queue.
"""

from typing import Annotated

import litserve
import numpy as np
from fastapi import Body, Response

from app.threads import cores
from benchmarks.peers.network import Network
from benchmarks.peers.options import HOST, from_png, options, to_png
from models.pixels import ByteImage


class Denoiser(litserve.LitAPI):
    """The stages of a request. Lives in the worker processes, once `setup` is called."""

    def __init__(self, model: str, side: int, threads: int, batch: int, wait_s: float) -> None:
        super().__init__(max_batch_size=batch, batch_timeout=wait_s, api_path="/denoise")
        self._making = (model, threads, side, batch)

    def setup(self, device: str) -> None:
        self._network = Network(*self._making)

    def decode_request(self, request: Annotated[bytes, Body()]) -> ByteImage:
        return from_png(request)

    def batch(self, inputs: list[ByteImage]) -> ByteImage:
        return np.stack(inputs)

    def predict(self, x: ByteImage) -> ByteImage:
        return self._network(x if x.ndim == 4 else x[None])

    def unbatch(self, output: ByteImage) -> list[ByteImage]:
        return list(output)

    def encode_response(self, output: ByteImage) -> Response:
        return Response(to_png(output if output.ndim == 3 else output[0]), media_type="image/png")


def main() -> None:
    """Serve POST /denoise with an image file as the body, and GET /health."""
    told = options(workers=2, batch=8, wait_ms=5)
    threads = max(1, cores() // told.workers)
    api = Denoiser(told.model, told.side, threads, told.batch, told.wait_ms / 1000)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=told.workers, fast_queue=True, timeout=120)
    server.run(
        host=HOST, port=told.port, num_api_servers=1, generate_client_file=False, log_level="warning", access_log=False
    )


if __name__ == "__main__":
    main()
