"""`python -m app`: serve with the settings from the environment."""

import sys

from pydantic import ValidationError

from app.early_signals import take_early_signals


def main() -> int:
    """Serve until told to stop; see app.serving. An impossible setting is one line and 1 too."""
    take_early_signals()
    from app.reasons import reason_of
    from app.serving import refuse, serve
    from app.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        return refuse(reason_of(error))
    return serve(settings)


if __name__ == "__main__":
    sys.exit(main())
