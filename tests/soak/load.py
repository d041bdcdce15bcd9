"""Clients that keep a service busy for minutes, and a monitor that scrapes it."""

import threading
import time
from collections.abc import Iterator

from tests.fuzz.client import Client
from tests.fuzz.inputs import Input
from tests.fuzz.server import Target
from tests.soak.watch import Watch

CLIENTS = 4
SCRAPE_S = 5.0
SCRAPED = ("/metrics", "/models", "/health/ready")


def run(target: Target, requests: Iterator[Input], watch: Watch, seconds: float) -> None:
    """Send `requests` from several clients, each after the answer to its last, until `seconds` have passed."""
    lock, ends = threading.Lock(), time.monotonic() + seconds

    def send() -> None:
        client = Client(target.server.port)
        while target.alive and time.monotonic() < ends:
            with lock:
                asked = next(requests)
            watch.judge(asked, client.ask(asked))
        client.close()

    threads = [threading.Thread(target=send) for _ in range(CLIENTS)]
    threads.append(threading.Thread(target=_scrape, args=(target, watch, ends)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _scrape(target: Target, watch: Watch, ends: float) -> None:
    while target.alive and time.monotonic() < ends:
        for path in SCRAPED:
            watch.note(path, target.server.status(path))
        time.sleep(SCRAPE_S)
