"""Artifacts on disk: finding them, and proving one whole and harmless before Keras reads it.

No backend is loaded here. A digest finds corruption, not malice, and Keras' safe mode has been bypassed before:
so a model's own configuration is read first, and whatever is not on the allow-list is refused.
"""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.card import MODEL_FILE, CardError, ModelCard, read_card, version_key

BUNDLED = Path(__file__).parent / "artifacts"
"""The artifacts that come with the package."""

MEMBERS = frozenset({"metadata.json", "config.json", "model.weights.h5"})
MAX_CONFIG_BYTES = 4 * 2**20

_KERAS_LAYERS = frozenset(
    {
        "Activation",
        "Add",
        "AveragePooling2D",
        "Concatenate",
        "Conv2D",
        "Dense",
        "Flatten",
        "InputLayer",
        "MaxPooling2D",
        "Multiply",
        "ReLU",
        "Reshape",
        "UpSampling2D",
    }
)
ALLOWED = frozenset(
    {("keras.layers", name) for name in _KERAS_LAYERS}
    | {("keras.initializers", name) for name in ("GlorotUniform", "HeNormal", "Zeros")}
    | {("keras", "DTypePolicy"), ("keras.src.models.functional", "Functional")}
    | {("limpid", name) for name in ("DepthToSpace", "Restore", "SpaceToDepth", "Standardize")}
)
"""What an artifact may consist of: (module, class). Our own layers have the module `limpid`, Keras' package name."""


class ArtifactError(Exception):
    """An artifact can't be used; the message is one line that names it and says why."""


@dataclass(frozen=True)
class Artifact:
    """A verified artifact: its card and the very bytes that were verified."""

    card: ModelCard
    model: bytes


def find(directory: Path) -> dict[str, dict[str, Path]]:
    """Return the folder of each version of each name below `directory`: {name: {version: folder}}.

    Names and versions are those of the folders, `<name>/<version>/`; `verify` compares them with the card. Other
    files are ignored. Raises ArtifactError where there is no such directory.
    """
    if not directory.is_dir():
        raise ArtifactError(f"no artifacts directory {directory}")
    found: dict[str, dict[str, Path]] = {}
    for folder in sorted(directory.glob("*/*/")):
        if _is_version(folder.name):
            found.setdefault(folder.parent.name, {})[folder.name] = folder
    return found


def _is_version(text: str) -> bool:
    return all(part.isdecimal() for part in text.split("."))


def newest(directory: Path, name: str) -> Path:
    """Return the folder of `name`'s newest version, or of the one that `name@version` pins. Raises ArtifactError."""
    base, _, pinned = name.partition("@")
    found = find(directory)
    versions = found.get(base, {})
    if not versions or (pinned and pinned not in versions):
        there = ", ".join(f"{each}@{version}" for each in found for version in found[each]) or "none"
        raise ArtifactError(f"no model {name} in {directory}; there are: {there}")
    return versions[pinned or max(versions, key=version_key)]


def verify(folder: Path) -> Artifact:
    """Read the artifact in `folder`: card, digest, configuration. Raises ArtifactError."""
    try:
        card = read_card(folder)
        model = (folder / MODEL_FILE).read_bytes()
    except CardError as error:
        raise ArtifactError(str(error)) from error
    except OSError as error:
        raise ArtifactError(f"{folder / MODEL_FILE}: not readable ({error.strerror})") from error
    if (card.name, card.version) != (folder.parent.name, folder.name):
        raise ArtifactError(f"{folder}: the card is of {card.reference}")
    digest = hashlib.sha256(model).hexdigest()
    if digest != card.sha256:
        raise ArtifactError(f"{folder / MODEL_FILE}: sha256 is {digest[:12]}…, the card says {card.sha256[:12]}…")
    _refuse_foreign_parts(read_config(model, str(folder / MODEL_FILE)), str(folder / MODEL_FILE))
    return Artifact(card, model)


def read_config(model: bytes, where: str) -> dict[str, Any]:
    """Return the configuration inside a `.keras` file. Raises ArtifactError naming `where`."""
    try:
        with zipfile.ZipFile(io.BytesIO(model)) as archive:
            names = [info.filename for info in archive.infolist()]
            if len(names) != len(MEMBERS) or set(names) != MEMBERS:
                raise ArtifactError(f"{where}: holds {', '.join(sorted(names))}; expected {', '.join(sorted(MEMBERS))}")
            if archive.getinfo("config.json").file_size > MAX_CONFIG_BYTES:
                raise ArtifactError(f"{where}: its configuration is over {MAX_CONFIG_BYTES} bytes")
            config = json.loads(archive.read("config.json"))
    # RuntimeError: encrypted, compressed in an unknown way, or JSON nested too deeply.
    except (zipfile.BadZipFile, zlib.error, ValueError, RuntimeError) as error:
        raise ArtifactError(f"{where}: not a readable .keras file ({error})") from error
    if not isinstance(config, dict):
        raise ArtifactError(f"{where}: its configuration is not an object")
    return config


def _refuse_foreign_parts(config: dict[str, Any], where: str) -> None:
    for node in _nodes(config):
        if "class_name" in node or "module" in node or "registered_name" in node:
            _refuse_foreign_object(node, where)
    if config.get("compile_config"):
        raise ArtifactError(f"{where}: is compiled; export it without a loss and an optimizer")


def _refuse_foreign_object(node: dict[str, Any], where: str) -> None:
    name = node.get("class_name")
    registered = node.get("registered_name")
    module = node.get("module")
    if module == "models.layers" and registered == f"limpid>{name}":
        module = "limpid"
    elif registered not in (None, name):
        raise ArtifactError(f"{where}: holds {registered}, which is not on the allow-list of models/store.py")
    if name == "__keras_tensor__":
        return
    if (module, name) not in ALLOWED:
        raise ArtifactError(f"{where}: holds {module}.{name}, which is not on the allow-list of models/store.py")


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every JSON object in `value`, however deep, without recursion."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
