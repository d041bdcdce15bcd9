"""What is counted as requests come and go: how many, how long, how large, what became of them."""

from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from app.errors import LimpidError
from app.timings import Timings

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""The buckets of durations."""

Metric = TypeVar("Metric", Counter, Gauge, Histogram)


class _Children(dict[tuple[str | int, ...], Metric], Generic[Metric]):
    """A metric's children by their labels' values: `labels` itself, under a lock, takes longer than counting."""

    def __init__(self, metric: Metric) -> None:
        super().__init__()
        self._metric: Metric = metric

    def __missing__(self, values: tuple[str | int, ...]) -> Metric:
        child: Metric = self._metric.labels(*values)
        self[values] = child
        return child


class RequestMetrics:
    """Counts into `registry`; for the event loop's thread alone."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> _Children[Counter]:
            return _Children(Counter(name, text, labels, registry=registry))

        def histogram(name: str, text: str, *labels: str) -> _Children[Histogram]:
            return _Children(Histogram(name, text, labels, registry=registry, buckets=SECONDS))

        self._requests = counter("limpid_requests_total", "Requests answered.", "endpoint", "method", "status")
        self._running = _Children(
            Gauge("limpid_requests_in_progress", "Requests not answered yet.", ["endpoint"], registry=registry)
        )
        self._seconds = histogram(
            "limpid_request_duration_seconds", "From a request's headers to the end of its answer.", "endpoint"
        )
        self._bytes_in = counter("limpid_request_body_bytes_total", "Bytes of uploads, as far as read.", "endpoint")
        self._bytes_out = counter("limpid_response_body_bytes_total", "Bytes of answers.", "endpoint")
        self._refusals = counter("limpid_refusals_total", "Requests answered with a problem, by its code.", "code")
        self._stages = histogram(
            "limpid_stage_duration_seconds", "What requests spent in each stage.", "endpoint", "stage"
        )
        self._pixels = counter(
            "limpid_pixels_total", "Pixels of the pictures that were answered, all frames, without halos.", "model"
        )
        for kind in LimpidError.__subclasses__():
            self._refusals[kind.code,].inc(0)

    def begin(self, endpoint: str) -> None:
        """Count a request that is not answered yet."""
        self._running[endpoint,].inc()

    def end(self, endpoint: str, method: str, status: int, seconds: float, bytes_in: int, bytes_out: int) -> None:
        """Count a request that is over."""
        self._running[endpoint,].dec()
        self._requests[endpoint, method, status].inc()
        self._seconds[endpoint,].observe(seconds)
        self._bytes_in[endpoint,].inc(bytes_in)
        self._bytes_out[endpoint,].inc(bytes_out)

    def refuse(self, code: str) -> None:
        """Count a request that got the problem of that code."""
        self._refusals[code,].inc()

    def work(self, endpoint: str, timings: Timings, model: str | None) -> None:
        """Count the stages that a request went through, and its pixels if `model` answered it."""
        for stage, milliseconds in timings.stages.items():
            self._stages[endpoint, stage].observe(milliseconds / 1000)
        if model:
            self._pixels[model,].inc(timings.pixels)
