"""`python -m app`: serve with the settings from the environment."""

import logging
import os
import signal
import sys

import uvicorn
from pydantic import ValidationError

from app.main import create_app
from app.settings import Settings
from models.store import ArtifactError

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}


UNSHOWN = ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks")
"""What no line of ours shows, and need not be found out: https://docs.python.org/3/howto/logging.html#optimization"""


def main() -> int:
    """Serve until told to stop; 0, or 1 with one line on why it could not start or go on.

    uvicorn itself ends the process, with 3, when it can't listen on the address.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for switch in UNSHOWN:
        setattr(logging, switch, False)
    failed = False

    def give_up() -> None:
        nonlocal failed
        failed = server.should_exit = True

    try:
        settings = Settings()
        app = create_app(settings, on_failure=give_up)
    except ValidationError as error:
        first = error.errors()[0]
        return _refuse(f"LIMPID_{'_'.join(map(str, first['loc'])).upper()}: {first['msg']}")
    except ArtifactError as error:
        return _refuse(str(error))
    server = uvicorn.Server(uvicorn.Config(app, host=settings.host, port=settings.port, log_config=LOGGING))
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)  # uvicorn handles it, and then raises it again for the handler before
    server.run()
    return 1 if failed else 0


def _refuse(reason: str) -> int:
    print(f"limpid: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
