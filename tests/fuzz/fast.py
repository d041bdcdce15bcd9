"""`python -m tests.fuzz.fast`: the service with engines that only halve, which needs no TensorFlow."""

import uvicorn

from app.main import create_app
from app.settings import Settings
from tests.http.conftest import halving_loader


def main() -> None:
    settings = Settings()
    app = create_app(settings, loader=halving_loader)
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning")


if __name__ == "__main__":
    main()
