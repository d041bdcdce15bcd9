"""What the processor can do, as far as it decides how a model runs."""

from pathlib import Path

BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
"""Linux' names of the x86 instructions that multiply in bfloat16."""


def has_bfloat16() -> bool:
    """Return whether the processor multiplies in bfloat16; False where Linux does not tell."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return False
    return bool(BFLOAT16_FLAGS & flags)
