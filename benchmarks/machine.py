"""The machine and the software that figures hold for."""

import os
import platform
import subprocess
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from app.threads import cores

PACKAGES = (
    "tensorflow-cpu",
    "tensorflow",
    "keras",
    "numpy",
    "pillow",
    "fastapi",
    "uvicorn",
    "openvino",
    "litserve",
    "opencv-python-headless",
    "scikit-image",
    "PyWavelets",
    "bm3d",
)


def machine() -> str:
    """Return one line: processor, cores, memory, Python and the packages that count."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    software = ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name)))
    return (
        f"{_cpu()}, {cores()} cores, {memory:.0f} GB of memory, {platform.system()}; "
        f"Python {platform.python_version()}, {software}"
    )


def occasion(*, quick: bool) -> str:
    """Return when and with what a section was measured, and how busy the machine was with other things."""
    note = "; a quick run, too short for figures" if quick else ""
    return f"{date.today()}, revision {_revision()}, load before it {os.getloadavg()[0]:.1f}{note}"


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(line.partition(":")[::2] for line in lines if ":" in line)
    named = {name.strip(): value.strip() for name, value in fields.items()}
    family, model = named.get("cpu family", "?"), named.get("model", "?")
    return f"{named.get('model name', platform.machine())} (family {family}, model {model})"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _revision() -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"
