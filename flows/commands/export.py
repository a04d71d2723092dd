"""``descent export``."""

from importlib.util import find_spec
from pathlib import Path

from .exits import reported


def export(model: str, output: Path, level: float | None, *, onnx: bool) -> None:
    """Write a model in the form of another system."""
    with reported():
        from ..manifest import ModelError
        from ..model_source import load_model
        from ..serving import LEVEL

        if not onnx:
            raise ModelError("say in which form: descent export MODEL --onnx -o model.onnx")
        if find_spec("onnx") is None:
            raise ModelError("ONNX needs the package onnx: pip install 'descent[onnx]'")
        from data.output import check_place

        from ..onnx_export.export import export

        check_place(output)
        export(load_model(model), output, LEVEL if level is None else level)
        print(f"{output}: {output.stat().st_size:,} bytes")
