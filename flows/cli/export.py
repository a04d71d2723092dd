"""``descent export``."""

from importlib.util import find_spec
from pathlib import Path

from descent.flows.cli.exits import reported


def export(model: str, output: Path, level: float | None, *, onnx: bool) -> None:
    """Write a model in the form of another system."""
    with reported():
        from descent.flows.serving.manifest import ModelError
        from descent.flows.serving.predictor import LEVEL
        from descent.flows.serving.source import load_model

        if not onnx:
            raise ModelError("say in which form: descent export MODEL --onnx -o model.onnx")
        if find_spec("onnx") is None:
            raise ModelError("ONNX needs the package onnx: pip install 'descent-ml[onnx]'")
        from descent.data.reading.output import check_place
        from descent.flows.serving.onnx.export import export

        check_place(output)
        export(load_model(model), output, LEVEL if level is None else level)
        print(f"{output}: {output.stat().st_size:,} bytes")
