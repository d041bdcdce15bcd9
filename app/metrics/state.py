"""What is there already when Prometheus asks: budget, queue, batches, models, processes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from itertools import accumulate

from prometheus_client import GCCollector, PlatformCollector, ProcessCollector, disable_created_metrics
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from app.admission import Admission
from app.answers import DIGEST_DIGITS
from app.batching import MAX_BATCH
from app.registry import Registry
from app.sandbox import Census
from app.scheduler import BatchKind, Scheduler
from app.service import Service

RELOADS = ("swapped", "unchanged", "refused")
BATCH_SIZES = [2**power for power in range(MAX_BATCH.bit_length())]


def register(service: Service) -> None:
    """Let the registry of `service` find what is there: the service's own state, the process's and Python's."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # else every counter has a second line, with the time of its first count
    service.metrics.register(StateCollector(service))
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=service.metrics)


class StateCollector(Collector):
    """Reads the state of `service` when asked, on the event loop's thread: requests pay nothing for it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """Yield all families."""
        service = self._service
        yield InfoMetricFamily("limpid_build", "This version of the service.", {"version": version("limpid")})
        yield from _life(service)
        yield from _budget(service.admission)
        yield from _queue(service.scheduler, service.admission)
        yield from _models(service.registry)
        yield from _processes(service.transcoder.processes)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, float(value))


def _life(service: Service) -> Iterator[Metric]:
    draining = service.draining.begun
    yield _gauge("limpid_ready", "1 while /health/ready answers 200, else 0.", service.registry.ready and not draining)
    yield _gauge("limpid_draining", "1 once a signal has asked the service to end, else 0.", draining)
    text = "What reloads made of a model: it was swapped for a new version, unchanged, or its new version was refused."
    reloads = CounterMetricFamily("limpid_reloads", text, labels=["outcome"])
    for outcome in RELOADS:
        reloads.add_metric([outcome], service.reloads[outcome])
    yield reloads


def _budget(admission: Admission) -> Iterator[Metric]:
    yield _gauge("limpid_admitted_requests", "Uploads that have a part of the budget.", admission.requests)
    yield _gauge("limpid_budget_used_bytes", "Bytes of uploads and answers in flight.", admission.bytes)
    yield _gauge("limpid_budget_limit_bytes", "The most of them: LIMPID_BUDGET_BYTES.", admission.limit_bytes)
    yield _gauge("limpid_budget_used_pixels", "Pixels of pictures in flight, in 8 bits.", admission.pixels)
    yield _gauge("limpid_budget_limit_pixels", "The most of them: LIMPID_BUDGET_PIXELS.", admission.limit_pixels)


def _queue(scheduler: Scheduler, admission: Admission) -> Iterator[Metric]:
    yield _gauge("limpid_queue_units", "Tiles and small pictures that no batch has taken yet.", scheduler.queued)
    yield _gauge("limpid_queue_wait_seconds", "Until all that is in flight will be done.", admission.wait_s)
    yield _batches(scheduler.batches)


def _batches(batches: Mapping[BatchKind, int]) -> Metric:
    counts: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for (model, function, size), count in batches.items():
        counts[model, function][size] = count
    text = "Sizes of batches; their sum is how many tiles and small pictures were run."
    family = HistogramMetricFamily("limpid_batch_units", text, labels=["model", "function"])
    for kind, sizes in counts.items():
        within = accumulate(sizes.get(size, 0) for size in BATCH_SIZES)
        buckets = zip([str(float(size)) for size in BATCH_SIZES], within, strict=True)
        units = sum(size * count for size, count in sizes.items())
        family.add_metric(kind, [*buckets, ("+Inf", sum(sizes.values()))], units)
    return family


def _models(registry: Registry) -> Iterator[Metric]:
    info = InfoMetricFamily("limpid_model", "A loaded model.", labels=["model"])
    traces = GaugeMetricFamily(
        "limpid_model_traces", "Graphs compiled of a model: a number that grows is a fault.", labels=["model"]
    )
    for engine in registry.all() if registry.ready else ():
        card = engine.card
        about = {
            "name": card.name,
            "version": card.version,
            "task": card.task,
            "sha256": card.sha256[:DIGEST_DIGITS],
            "device": engine.device,
            "precision": engine.precision,
        }
        info.add_metric([card.reference], about)
        traces.add_metric([card.reference], engine.traces)
    yield info
    yield traces


def _processes(census: Census) -> Iterator[Metric]:
    yield _gauge("limpid_codec_processes", "Processes that decode and encode.", census.running)
    ended = CounterMetricFamily("limpid_codec_processes_ended", "Such processes that are no more.", labels=["reason"])
    for reason, count in census.ended.items():
        ended.add_metric([reason], count)
    yield ended
