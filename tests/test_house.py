"""The rules of the house that a machine can check."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "app": {"training"},
    "models": {"app", "training", "tensorflow", "jax", "torch"},
    "training": {"app", "tensorflow", "jax", "torch"},
}


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("package", FORBIDDEN)
def test_packages_import_what_they_may(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        assert not imported(path) & FORBIDDEN[package], path


@pytest.mark.parametrize(
    "module",
    [
        "app.main",
        "app.__main__",
        "models.card",
        "models.store",
        "models.denoising",
        "models.autoencoding",
        "models.noise_map",
        "models.estimating",
    ],
)
def test_importing_loads_no_backend(module: str) -> None:
    code = f"import sys, {module}; sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow', 'jax')))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_processes_that_decode_know_nothing_of_the_service() -> None:
    """They start in a tenth of a second, and hold nothing that a hostile file could get at."""
    unknown = ("keras", "tensorflow", "fastapi", "starlette", "pydantic", "uvicorn", "asyncio", "ssl")
    code = f"import sys, app.codecs.process; sys.exit(any(name in sys.modules for name in {unknown}))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_creating_the_application_loads_no_backend() -> None:
    code = "import sys; from app.main import create_app; create_app(); sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_bytes_and_floats_meet_in_one_file() -> None:
    """Scaling by 255 is models/pixels.py's job; others import its functions or its LEVELS."""
    for package in FORBIDDEN:
        for path in (ROOT / package).rglob("*.py"):
            numbers = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
            assert path.name == "pixels.py" or 255.0 not in {each for each in numbers if isinstance(each, float)}, path


def test_tracked_files_stay_small() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    assert files
    assert sum(path.stat().st_size for path in files if path.exists()) < 30 * 2**20
