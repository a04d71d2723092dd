"""Models and trainings on disk: numbers as safetensors, the rest as JSON, written atomically; nothing is ever executed.

safetensors (Hugging Face) holds named arrays behind a JSON header; reading it runs no code, unlike pickle.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save

from descent.ml.errors import CheckpointError, MLError
from descent.ml.network.layout import Array
from descent.ml.network.model import Model

_MODEL, _PARAMETERS = "model.json", "parameters.safetensors"
_FORMAT = 1


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write beside the target and rename: a reader sees the old file or the new one, never a half.

    Without ``durable`` that is not so after a loss of power: for what can be made again.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def save_model(folder: str | Path, model: Model, parameters: Array) -> None:
    """Write a model and its parameters (P,) into ``folder``, which is made if need be.

    One tensor per layer matrix under its name, so that others can read the file without this library.
    """
    flat = np.asarray(parameters)
    if flat.shape != (model.size,):
        raise CheckpointError(f"parameters has shape {flat.shape}; the model has ({model.size},)")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    tensors = {block.name: np.ascontiguousarray(block.view(flat[None])[0]) for block in model.layout.blocks}
    write_atomically(target / _PARAMETERS, save(tensors))
    write_atomically(target / _MODEL, json.dumps({"format": _FORMAT, "model": asdict(model)}, indent=2).encode())


def load_model(folder: str | Path) -> tuple[Model, Array]:
    """Read what `save_model` wrote: the model and its parameters (P,). Raises `CheckpointError`."""
    target = Path(folder)
    try:
        stored = json.loads((target / _MODEL).read_text(encoding="utf-8"))
        if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
            raise CheckpointError(f"{target / _MODEL} is not a model of format {_FORMAT}")
        model = Model(**stored["model"])
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{target / _MODEL} cannot be read: {error}") from error
    except (KeyError, TypeError, MLError) as error:
        raise CheckpointError(f"{target / _MODEL} does not describe a model: {error}") from error
    tensors = read_tensors(target / _PARAMETERS)
    expected = {block.name: block.shape for block in model.layout.blocks}
    found = {name: tensor.shape for name, tensor in tensors.items()}
    if found != expected:
        raise CheckpointError(f"{target / _PARAMETERS} holds {found}; the model needs {expected}")
    flat = np.concatenate([tensors[block.name].ravel() for block in model.layout.blocks])
    return model, flat


def read_tensors(path: Path) -> dict[str, Array]:
    """Arrays of a safetensors file by name; raises `CheckpointError`."""
    try:
        return dict(load(path.read_bytes()))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error


def read_state(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """What `write_state` wrote: arrays and facts. Raises `CheckpointError`."""
    facts = read_facts(path)  # first, as it says of a foreign file that it is no checkpoint
    return read_tensors(path), facts


def read_facts(path: Path) -> dict[str, Any]:
    """The facts alone. Raises `CheckpointError`."""
    try:
        with safe_open(path, framework="numpy") as file:
            facts: dict[str, Any] = json.loads((file.metadata() or {})["facts"])
            return facts
    except (OSError, SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{path} is no checkpoint: {error}") from error


def write_state(path: Path, arrays: Mapping[str, Array], facts: Mapping[str, Any], *, durable: bool = True) -> None:
    """One file with arrays and, in its header, facts as JSON; ``durable`` as of `write_atomically`."""
    write_atomically(path, pack(arrays, facts), durable=durable)


def pack(arrays: Mapping[str, Array], facts: Mapping[str, Any]) -> bytes:
    """Arrays and facts as the content of one safetensors file."""
    tensors = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return bytes(save(tensors, metadata={"facts": json.dumps(dict(facts))}))


def unpack(content: bytes) -> tuple[dict[str, Array], dict[str, Any]]:
    """What was packed. Raises `CheckpointError`."""
    try:
        arrays = dict(load(content))
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        return arrays, json.loads(header["__metadata__"]["facts"])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"these bytes hold no arrays with facts: {error}") from error
