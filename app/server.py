"""uvicorn with our signals: SIGTERM and SIGINT let the service finish what it has taken, SIGHUP reloads it."""

import asyncio
import logging
import math
import signal
import socket
from types import FrameType

import uvicorn

from app.service import Service

logger = logging.getLogger(__name__)

QUIET_S = 0.1
"""Between closing the port and closing connections: what lies in these by then is read and answered."""
FLUSH_S = 3
"""What the last answers have at least to reach their clients."""


class Server(uvicorn.Server):
    """Ends once `service` has drained. A second signal to end it is obeyed at once."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service
        self._reload_asked = False

    def handle_signals(self) -> None:
        """Take the signals from now on, until the process ends; for its main thread.

        uvicorn puts these very handlers in place when it starts, and puts them back when it has ended.
        """
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, self.handle_exit)
        signal.signal(signal.SIGHUP, self._handle_reload)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain, or end at once if that has begun. In a signal handler: no more than to note it."""
        if self._service.draining.begun:
            self.should_exit = self.force_exit = True
        self._service.draining.begin(at_once=not self._service.registry.ready)

    async def on_tick(self, counter: int) -> bool:
        """Act on what signals have noted; uvicorn asks every 0.1 s whether to end."""
        if self._reload_asked:
            self._reload_asked = False
            await asyncio.to_thread(self._service.reread)
            self._service.reload()
        if self._service.draining.over(self._service.admission.requests):
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the port, then the connections: those with nothing to answer at once, the others after their answer."""
        for server in self.servers:
            server.close()
        self._give_up_the_rest()
        await asyncio.sleep(QUIET_S)
        self.config.timeout_graceful_shutdown = max(math.ceil(self._service.draining.left_s), FLUSH_S)
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()  # which uvicorn leaves out then, and with it our threads and processes

    def _give_up_the_rest(self) -> None:
        """Cancel the requests that are not done, of which there are some only if time is up or must not be taken."""
        if count := self._service.admission.requests:
            logger.warning("%d requests are not done: they are given up", count)
            self._service.draining.cut = True
            for task in self.server_state.tasks:
                task.cancel()

    def _handle_reload(self, _sig: int, _frame: FrameType | None) -> None:
        self._reload_asked = True
