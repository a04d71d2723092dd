"""A whole model: features, network, and what comes out of it, named as `flows.serving.predictor.Predictor` names it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import ModelProto, checker, helper

from descent.flows.serving.manifest import ModelError
from descent.flows.serving.onnx.features import add_features
from descent.flows.serving.onnx.graph import Graph
from descent.flows.serving.onnx.network import add_network
from descent.ml.checkpoints import write_atomically

if TYPE_CHECKING:
    from descent.flows.serving.predictor import Group, Predictor

OPSET = 17
"""Version of the operators: what onnxruntime has known since 1.12."""
ML_OPSET = 3
"""Version of the operators for classical models (``ai.onnx.ml``): strings to whole numbers."""
IR = 8
"""Version of the file format, which goes with these operators."""


def export(model: "Predictor", path: Path, level: float) -> None:
    """Write a model to an ONNX file; ``level`` is the probability of the intervals around numbers.

    Raises:
        ModelError: it cannot be expressed in ONNX, or has no interval for this level.
        OSError: the file cannot be written.
    """
    write_atomically(path, onnx_of(model, level).SerializeToString())


def onnx_of(model: "Predictor", level: float) -> ModelProto:
    """A model in ONNX.

    Raises:
        ModelError: as of `export`.
    """
    graph = Graph()
    if model.target.task == "regression":
        _numbers(graph, model, model.half_width(level))
    else:
        _classes(graph, model)
    if both := {column.name for column in graph.inputs} & {column.name for column in graph.outputs}:
        raise ModelError(f"column {min(both)!r} of the table has the name of an output: rename it before training")
    made = helper.make_model(
        graph.built(f"prediction of {model.target.name}"),
        producer_name="descent",
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)],
        ir_version=IR,
    )
    checker.check_model(made, full_check=True)
    return made


def _members(graph: Graph, model: "Predictor") -> Iterator[tuple["Group", str, float]]:
    """Every member: the group it is of, its outputs, its weight."""
    for group in model.groups:
        x = add_features(graph, group.features)
        for forward, weight in zip(group.forwards, group.weights, strict=True):
            yield group, add_network(graph, forward.model, forward.parameters, x), weight


def _average(graph: Graph, parts: Sequence[tuple[str, float]], dtype: Any) -> str:
    """The weighted sum of tensors; one alone as it is."""
    if len(parts) == 1:
        return parts[0][0]
    weighted = [graph.add("Mul", value, graph.constant(weight, dtype)) for value, weight in parts]
    return graph.add("Sum", *weighted)


def _numbers(graph: Graph, model: "Predictor", width: float) -> None:
    parts = []
    for group, z, weight in _members(graph, model):
        scale, mean = (graph.constant(number, np.float64) for number in (group.target.scale, group.target.mean))
        parts.append((graph.add("Add", graph.add("Mul", graph.cast(z, np.float64), scale), mean), weight))
    values = _average(graph, parts, np.float64)
    half = graph.constant(width, np.float64)
    graph.output("prediction", "double", values)
    lower = graph.add("Sub", values, half)
    if model.never_negative:
        lower = graph.add("Max", lower, graph.add("Min", values, graph.constant(0, np.float64)))
    graph.output("lower", "double", lower)
    graph.output("upper", "double", graph.add("Add", values, half))


def _classes(graph: Graph, model: "Predictor") -> None:
    parts = []
    dtype = model.groups[0].forwards[0].parameters.dtype
    for _, output, weight in _members(graph, model):
        z = output
        if model.target.task == "binary":
            zero = graph.add("Mul", z, graph.constant(0, dtype))
            z = graph.add("Concat", zero, z, axis=1)
        parts.append((graph.add("Softmax", z, axis=1), weight))
    probabilities = _average(graph, parts, dtype)
    if model.temperature != 1.0:
        logs = graph.add("Log", graph.add("Max", probabilities, graph.constant(np.finfo(dtype).tiny, dtype)))
        probabilities = graph.add("Softmax", graph.add("Div", logs, graph.constant(model.temperature, dtype)), axis=1)
    labels = model.target.decode(np.arange(len(model.target.classes)))
    kind = {"b": "boolean", "i": "long", "f": "double"}.get(labels.dtype.kind, "string")
    if kind == "string":
        labels = np.array([str(label) for label in labels], dtype=object)
    code = graph.add("ArgMax", probabilities, axis=1, keepdims=1)
    graph.output("prediction", kind, graph.add("Gather", graph.constant(labels), code))
    for code_of, label in enumerate(model.target.classes):
        one = graph.add("Gather", probabilities, graph.constant([code_of], np.int64), axis=1)
        graph.output(f"probability_{label}", "double", graph.cast(one, np.float64))
