"""The service as a process: from settings to an exit status."""

import logging
import os
import sys

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from app import logs
from app.access.keys import KeysError
from app.background import at_work
from app.main import create_app
from app.memory import share_one_arena
from app.protocol import Protocol
from app.reasons import reason_of
from app.server import Server
from app.settings import Settings
from models.store import ArtifactError

UNSHOWN = ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks")
"""What no line of ours shows, and need not be found out: https://docs.python.org/3/howto/logging.html#optimization"""


def serve(settings: Settings) -> int:
    """Serve until told to stop; 0, or 1 with one line on why it could not start or go on.

    3, uvicorn's own status, with its line in the log, when it can't listen on the address.
    """
    share_one_arena()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for switch in UNSHOWN:
        setattr(logging, switch, False)
    logs.set_up(settings)
    failed = False

    def give_up() -> None:
        nonlocal failed
        failed = server.should_exit = True

    try:
        app = create_app(settings, on_failure=give_up)
    except (ArtifactError, KeysError) as error:
        return refuse(reason_of(error))
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=Protocol,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
    )
    server = Server(config, app.state.service)
    server.handle_signals()
    try:
        server.run()
    except SystemExit:  # it can't listen on the address
        return _leave(STARTUP_FAILURE)
    return _leave(1 if failed else 0)


def _leave(status: int) -> int:
    """Return `status`; while models are being loaded, end here: TensorFlow may crash if the interpreter goes first."""
    if at_work():
        logging.shutdown()
        os._exit(status)
    return status


def refuse(reason: str) -> int:
    """Say on stderr why the service can't start and return the exit status for that."""
    print(f"limpid: {reason}", file=sys.stderr)
    return 1
