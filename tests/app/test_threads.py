"""The number of threads follows what the process may use, not what the machine has."""

import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from app.threads import cores, one_thread_for_blas


def test_at_least_one_and_no_more_than_the_machine_has() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="affinity is Linux'")
def test_affinity_is_respected() -> None:
    one = "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    code = f"import os; {one}; from app.threads import cores; print(cores())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "1"


def test_linear_algebra_stays_in_its_thread() -> None:
    one_thread_for_blas()
    np.linalg.eigvalsh(np.eye(4))
    assert {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"} == {1}
