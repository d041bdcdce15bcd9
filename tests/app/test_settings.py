"""Settings: where they come from, what stops the start, and the page that lists them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.configuration import configuration_text
from app.reasons import reason_of
from app.settings import Settings

PAGE = Path(__file__).parent.parent.parent / "docs" / "configuration.md"
KEY, OTHER_KEY = "correct-horse-battery", "staple/0123456789=="


@pytest.fixture(autouse=True)
def _nothing_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(**environment: str) -> str:
    """Return the line about an environment that is impossible."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in environment.items():
            monkeypatch.setenv(f"LIMPID_{name}", value)
        with pytest.raises(ValidationError) as caught:
            Settings()
    line = reason_of(caught.value)
    assert len(line.splitlines()) == 1
    for text in (line, str(caught.value)):
        assert KEY not in text
    return line


def test_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("LIMPID_PORT=9001\nLIMPID_HOST=0.0.0.0\n")
    monkeypatch.setenv("LIMPID_PORT", "9002")
    settings = Settings()
    assert (settings.port, settings.host) == (9002, "0.0.0.0")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("MODLES", "LIMPID_MODELS"), ("APIKEYS", "LIMPID_API_KEYS"), ("ZZZ", "configuration.md")],
)
def test_unknown_name_is_named_with_the_nearest_there_is(tmp_path: Path, name: str, meant: str) -> None:
    line = refusal(**{name: "x"})
    assert line.startswith(f"LIMPID_{name}: ")
    assert meant in line
    (tmp_path / ".env").write_text(f"LIMPID_{name}=x\n")
    assert refusal() == line


def test_names_of_others_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("COMPOSE_PROJECT_NAME=limpid\nLIMPID_PUBLISH=8000\n")
    monkeypatch.setenv("LIMPID_SERVICE_PORT_HTTP", "80")
    monkeypatch.setenv("LIMPID_PORT_80_TCP_ADDR", "10.0.0.1")
    assert Settings().port == 8000


def test_clients_key_is_not_mistaken_for_the_services_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "LIMPID_API_KEYS meant" in refusal(API_KEY=KEY), "a service that seems to have a key is not open to all"
    monkeypatch.setenv("LIMPID_API_KEY", KEY)
    monkeypatch.setenv("LIMPID_API_KEYS", KEY)
    assert Settings().api_keys[0].get_secret_value() == KEY


def test_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"LIMPID_HOST=\xff\n")
    assert refusal() == ".env can't be read: not UTF-8"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "eighty", "integer"),
        ("PORT", "tcp://10.0.0.1:8000", "enableServiceLinks"),
        ("DEVICE", "tpu", "'auto', 'cpu' or 'gpu'"),
        ("MODELS", ",", "at least 1"),
        ("MAX_PIXELS", "0", "greater than 0"),
        ("DEADLINE_S", "inf", "finite"),
        ("RATE_LIMIT", "many", "100/minute"),
        ("RATE_LIMIT", "0/minute", "100/minute"),
        ("RATE_LIMIT", "5/fortnight", "100/minute"),
        ("RATE_LIMIT", "", "100/minute"),
        ("API_KEYS", "", "holds no key"),
        ("API_KEYS", " , ", "holds no key"),
        ("API_KEYS", f"{KEY},short", "number 2"),
        ("API_KEYS", f"{KEY} {KEY}", "number 1"),
        ("API_KEYS", "é" * 20, "ASCII"),
        ("API_KEYS", f"{KEY},{OTHER_KEY},{KEY}", "twice"),
        ("TRUSTED_HOSTS", "example.com:8000", "without a port"),
        ("TRUSTED_HOSTS", "https://example.com", "host names"),
        ("TRUSTED_HOSTS", "a.*.example.com", "host names"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "host bits"),
        ("TRUSTED_PROXIES", "proxy", "10.0.0.0/8"),
        ("CORS_ORIGINS", "example\n.com", "https://example.com"),
    ],
)
def test_impossible_value_is_one_line_that_says_what_is_taken(name: str, value: str, said: str) -> None:
    line = refusal(**{name: value})
    assert line.startswith(f"LIMPID_{name}: ")
    assert said in line


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("rate_limit", "10/second; 1000 per hour", "10/second; 1000 per hour"),
        ("trusted_hosts", "Example.com, *.example.org,10.0.0.1", ("example.com", "*.example.org", "10.0.0.1")),
        ("trusted_proxies", "*,10.0.0.0/8,::1,192.0.2.1", ("*", "10.0.0.0/8", "::1", "192.0.2.1")),
        ("models", "photo", ("photo",)),
    ],
)
def test_possible_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str, taken: object) -> None:
    monkeypatch.setenv(f"LIMPID_{name.upper()}", value)
    assert getattr(Settings(), name) == taken


def test_keys_are_read_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMPID_API_KEYS", f"{KEY}, {OTHER_KEY}")
    settings = Settings()
    assert [key.get_secret_value() for key in settings.api_keys] == [KEY, OTHER_KEY]
    assert KEY not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_committed_page_is_the_class() -> None:
    text = configuration_text()
    assert PAGE.read_text() == text, "docs/configuration.md is out of date: run `make docs`"
    for name in Settings.model_fields:
        assert text.count(f"| `LIMPID_{name.upper()}` |") == 1
    assert str(Path(__file__).parent.parent.parent) not in text
