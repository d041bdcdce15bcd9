"""Requests made up from the OpenAPI document, by schemathesis: does the service do what the document says?"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.client import HOST
from benchmarks.machine import occasion
from benchmarks.report import Requirement, Section, Table
from benchmarks.server import ROOT
from tests.fuzz.limits import DEADLINE_S
from tests.fuzz.server import Target

TITLE = "OpenAPI document"
PHASES = "examples,coverage,fuzzing"
UNFIT = "positive_data_acceptance"
"""The check that asks for an answer without an error: the document can't say which options go together."""
_WITHIN_S = 1800


@dataclass(frozen=True)
class Findings:
    """What schemathesis printed, and its report."""

    output: str
    report: dict[str, Any]

    @property
    def passed(self) -> bool:
        return self.report["exit_code"] == 0 and not self.report["errors"]

    @property
    def cases(self) -> int:
        return int(self.report["test_cases"]["generated"])

    def accepted(self, operation: str) -> int:
        """Return how many requests to `operation`, for instance `POST /denoise`, were answered without an error."""
        return sum(int(phase["accepted"]) for phase in self.report["valid_rates"][operation].values())

    def section(self, *, seed: int) -> Section:
        """Return the report's part."""
        rows = [[operation, str(self.accepted(operation))] for operation in sorted(self.report["valid_rates"])]
        failed = self.report["test_cases"]["with_failures"]
        method = (
            f"*Measured {occasion(quick=False)}.*\n\nschemathesis {self.report['schemathesis_version']}, seed {seed}: "
            f"phases {PHASES.replace(',', ', ')}; all of its checks but `{UNFIT}`, since the document can't say which "
            "options go together. Where a picture goes, it sends valid ones of every format."
        )
        return Section(
            TITLE,
            method,
            [Table(["operation", "positive cases that were accepted"], rows)],
            [Requirement("no check fails in any case", f"{failed} of {self.cases} cases", self.passed)],
        )


def examine(target: Target, *, seed: int, examples: int) -> Findings:
    """Run schemathesis against the service, with at most so many `examples` for each operation."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"http://{HOST}:{target.server.port}/openapi.json"),
            *("--phases", PHASES, "--checks", "all", "--exclude-checks", UNFIT),
            *("--seed", str(seed), "--max-examples", str(examples), "--no-shrink", "--continue-on-failure"),
            *("--max-response-time", str(DEADLINE_S), "--request-timeout", str(2 * DEADLINE_S)),
            *("--report", "json", "--report-json-path", str(report), "--generation-database", "none", "--no-color"),
        ]
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.schema_hooks", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_WITHIN_S, check=False
        )
        output = done.stdout + done.stderr
        if not report.exists():
            raise RuntimeError(f"schemathesis ended with {done.returncode}:\n{output[-2000:]}")
        return Findings(output, json.loads(report.read_text()))
