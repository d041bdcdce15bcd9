"""The README's examples do what they say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tests.conftest import decoded, png, psnr, with_noise
from tests.live.conftest import ROOT, Server

pytestmark = pytest.mark.live

BLOCK = re.compile(r"<!-- tested(?P<note>[^>]*) -->\n```(?P<language>\w+)\n(?P<code>.*?)```", re.DOTALL)
BLOCKS = [match.groupdict() for match in BLOCK.finditer((ROOT / "README.md").read_text())]
ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def desk(tmp_path: Path, photograph: np.ndarray) -> Path:
    """A folder with the files that the examples name, and a `curl` for machines without one."""
    (tmp_path / "noisy.png").write_bytes(png(with_noise(photograph)))
    (tmp_path / "mask.png").write_bytes(png(hole(photograph).astype(np.uint8) * 255))
    digit = np.kron(load_digits().images[0] / 16 * 255, np.ones((3, 3))).astype(np.uint8)
    (tmp_path / "digit.png").write_bytes(png(np.pad(digit, 2)))
    if not shutil.which("curl"):
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "curl").write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.live.curl "$@"\n')
        (tmp_path / "bin" / "curl").chmod(0o755)
    return tmp_path


def hole(photograph: np.ndarray) -> np.ndarray:
    """Return what to repair, (H, W): a box of 30 x 40 pixels."""
    mask = np.zeros(photograph.shape[:2], np.bool_)
    mask[100:130, 200:240] = True
    return mask


def run(block: dict[str, str], desk: Path, server: Server) -> str:
    code = block["code"].replace(ADDRESS, server.url)
    command = ["sh", "-ec", code] if block["language"] == "sh" else [sys.executable, "-c", code]
    path = f"{desk / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=desk, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_examples_are_found() -> None:
    assert [block["language"] for block in BLOCKS] == ["sh", "sh", "sh", "sh", "python", "sh", "sh"]


def test_curl_examples(desk: Path, server: Server, photograph: np.ndarray) -> None:
    denoise, repair, reconstruct, encode = BLOCKS[:4]
    run(denoise, desk, server)
    noisy = psnr(photograph, with_noise(photograph))
    assert psnr(photograph, decoded((desk / "clean.png").read_bytes())) > noisy + 8
    assert (desk / "clean.jpg").read_bytes().startswith(b"\xff\xd8")
    run(repair, desk, server)
    changed = (decoded((desk / "repaired.png").read_bytes()) != with_noise(photograph)).any(axis=2)
    assert changed.any()
    assert not (changed & ~hole(photograph)).any()
    assert 0 <= float(run(reconstruct, desk, server).split(":")[1]) <= 1
    assert decoded((desk / "reconstructed.png").read_bytes()).shape == (28, 28)
    assert decoded((desk / "map.png").read_bytes()).shape == (28, 28, 3)
    assert '"dimension":256' in run(encode, desk, server)


def test_python_example(desk: Path, server: Server) -> None:
    printed = run(BLOCKS[4], desk, server)
    level = float(printed.split("noise level found: ")[1].split()[0])
    assert level == pytest.approx(25, rel=0.1)
    assert "embedding: [" in printed


def test_command_line_example(desk: Path, server: Server) -> None:
    """As it stands, but by a running service: a model of its own takes it ten seconds to load."""
    (desk / "photographs").mkdir()
    for name in ("photographs/digit.png", "one-more.jpg"):
        shutil.copy(desk / "digit.png", desk / name)
    code = BLOCKS[5]["code"].replace(".venv/bin/limpid", f"{sys.executable} -m app.cli")
    printed = run({**BLOCKS[5], "code": code.replace("denoise", f"denoise --url {server.url}")}, desk, server)
    assert {path.name for path in (desk / "clean").iterdir()} == {"digit.png", "one-more.png"}
    assert "LIMPID_PORT=8000" in printed


def test_training_example(tmp_path: Path, photograph: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands as they stand, but seconds instead of an hour, and on four photographs."""
    from training.__main__ import main

    for folder in ("my-photographs", "my-test-photographs"):
        (tmp_path / folder).mkdir()
        for index, turned in enumerate((photograph, photograph[::-1], photograph[:, ::-1], photograph[::-1, ::-1])):
            (tmp_path / folder / f"{index}.png").write_bytes(png(np.ascontiguousarray(turned)))
    monkeypatch.chdir(tmp_path)
    commands = [line.partition("#")[0].split()[3:] for line in BLOCKS[6]["code"].splitlines() if "-m training" in line]
    assert [command[0] for command in commands] == ["list", "fit", "evaluate", "project"]
    for command in commands:
        assert main([{"60": "0.05"}.get(word, word) for word in command]) == 0
    assert (tmp_path / "runs/artifacts/photo/1/card.json").is_file()
    assert (tmp_path / "runs/project/scatter.png").is_file()
