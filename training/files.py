"""Writing files: whole or not at all."""

from pathlib import Path


def write_whole(target: Path, content: bytes) -> None:
    """Write a file in one step, in the place of the one there, and the folders above it if need be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    partial.write_bytes(content)
    partial.replace(target)
