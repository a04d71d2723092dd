"""``descent export``."""

from pathlib import Path
from typing import Annotated

import typer

from descent.flows.cli.exits import reported
from descent.flows.cli.options import Level, Model

EXAMPLES = "Example:  descent export models:/housing@champion --onnx -o housing.onnx"


@reported()
def export(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write.")],
    onnx: Annotated[bool, typer.Option("--onnx", help="As one ONNX graph: features and network.")] = False,
    level: Level = None,
) -> None:
    """Export a trained model to ONNX."""
    from importlib.util import find_spec

    from descent.flows.serving.manifest import ModelError
    from descent.flows.serving.predictor import LEVEL
    from descent.flows.serving.source import load_model

    if not onnx:
        raise ModelError("choose a format: descent export MODEL --onnx -o model.onnx")
    if find_spec("onnx") is None:
        raise ModelError("ONNX needs the package onnx: pip install 'descent-ml[onnx]'")
    from descent.data.reading.output import check_place
    from descent.flows.serving.onnx.export import export

    check_place(output)
    export(load_model(model), output, LEVEL if level is None else level)
    print(f"{output}: {output.stat().st_size:,} bytes")
