"""The network of a model as part of a graph, as `ml.network.passes.PassBuffers.forward` computes it."""

from collections.abc import Callable

import numpy as np

from descent.flows.serving.onnx.graph import Graph
from descent.ml.network.activations import LEAK, SELU_ALPHA, SELU_SCALE, Mish
from descent.ml.network.layers.embedding import TURN
from descent.ml.network.layout import Array, LayerViews
from descent.ml.network.losses import LARGEST
from descent.ml.network.model import Model


def add_network(graph: Graph, model: Model, parameters: Array, x: str) -> str:
    """Outputs of the last layer (rows, K), in the type of the parameters (P,), from x (rows, features)."""
    layout, flat = model.layout, parameters[None]
    below = x if parameters.dtype == np.float32 else graph.cast(x, parameters.dtype)
    if model.embedding is not None:
        below = _waves(graph, LayerViews(layout, flat), below, parameters.dtype)
    if layout.scale is not None:
        below = graph.add("Mul", below, graph.constant(layout.scale.view(flat)[0].T))
    for block, skip in zip(layout.affine[:-1], layout.skips, strict=True):
        a = ACTIVATIONS[model.activation](graph, _affine(graph, block.view(flat)[0], below), parameters.dtype)
        if model.residual:
            around = below
            if skip is not None:
                around = graph.add("MatMul", below, graph.constant(skip.view(flat)[0].T))
            a = graph.add("Add", a, around)
        below = a
    z = _affine(graph, layout.affine[-1].view(flat)[0], below)
    if not model.never_negative:
        return z
    z = graph.add("Exp", graph.add("Min", z, graph.constant(LARGEST, parameters.dtype)))
    return graph.add("Sub", z, graph.constant(model.shift, parameters.dtype))


def _affine(graph: Graph, matrix: Array, x: str) -> str:
    """x·Wᵀ + b; the last column of the matrix (out, in + 1) is b."""
    return graph.add("Gemm", x, graph.constant(matrix[:, :-1]), graph.constant(matrix[:, -1]), transB=1)


def _waves(graph: Graph, views: LayerViews, x: str, dtype: np.dtype) -> str:
    """(rows, c·d + n) from (rows, n), as of `ml.network.layers.embedding.Waves`."""
    assert views.waves is not None
    frequencies, phases, maps = (view[0] for view in views.waves)
    columns, width = len(frequencies), maps.shape[1]
    first = graph.add("Gather", x, graph.constant(np.arange(columns), np.int64), axis=1)
    each = graph.add("Unsqueeze", graph.add("Transpose", first, perm=[1, 0]), graph.constant([2], np.int64))
    turned = graph.add("Mul", each, graph.constant((TURN * frequencies)[:, None], dtype))
    wave = graph.add("Cos", graph.add("Add", turned, graph.constant(phases[:, None])))
    made = graph.add("MatMul", wave, graph.constant(np.ascontiguousarray(maps[:, :, :-1].transpose(0, 2, 1))))
    made = graph.add("Add", made, graph.constant(np.ascontiguousarray(maps[:, None, :, -1])))
    made = graph.add("Transpose", made, perm=[1, 0, 2])
    flat = graph.add("Reshape", made, graph.constant([-1, columns * width], np.int64))
    return graph.add("Concat", flat, x, axis=1)


def _leaky_relu(graph: Graph, z: str, dtype: np.dtype) -> str:
    return graph.add("Max", z, graph.add("Mul", z, graph.constant(LEAK, dtype)))


def _gelu(graph: Graph, z: str, dtype: np.dtype) -> str:
    """½z(1 + tanh(√(2/π)(z + 0.044715z³))); onnxruntime has its own for 32 bits alone."""
    factor = float(np.sqrt(2 / np.pi))
    inner = graph.add("Mul", graph.add("Mul", z, z), graph.constant(0.044715 * factor, dtype))
    inner = graph.add("Mul", graph.add("Add", inner, graph.constant(factor, dtype)), z)
    share = graph.add("Add", graph.add("Tanh", inner), graph.constant(1, dtype))
    return graph.add("Mul", graph.add("Mul", share, graph.constant(0.5, dtype)), z)


def _silu(graph: Graph, z: str, dtype: np.dtype) -> str:
    return graph.add("Mul", z, graph.add("Sigmoid", z))


def _mish(graph: Graph, z: str, dtype: np.dtype) -> str:
    """z·n/(n + 2) with n = e(e + 2), e = e^z, as of `ml.network.activations.Mish`."""
    two = graph.constant(2, dtype)
    e = graph.add("Exp", graph.add("Min", z, graph.constant(Mish.MOST, dtype)))
    n = graph.add("Mul", e, graph.add("Add", e, two))
    return graph.add("Mul", z, graph.add("Div", n, graph.add("Add", n, two)))


def _selu(graph: Graph, z: str, dtype: np.dtype) -> str:
    """σ·max(z, 0) + σα(e^min(z, 0) − 1): onnxruntime has its own for 32 bits alone."""
    zero = graph.constant(0, dtype)
    above = graph.add("Mul", graph.add("Max", z, zero), graph.constant(SELU_SCALE, dtype))
    below = graph.add("Sub", graph.add("Exp", graph.add("Min", z, zero)), graph.constant(1, dtype))
    return graph.add("Add", above, graph.add("Mul", below, graph.constant(SELU_SCALE * SELU_ALPHA, dtype)))


ACTIVATIONS: dict[str, Callable[[Graph, str, np.dtype], str]] = {
    "relu": lambda graph, z, dtype: graph.add("Relu", z),
    "leaky_relu": _leaky_relu,
    "tanh": lambda graph, z, dtype: graph.add("Tanh", z),
    "sigmoid": lambda graph, z, dtype: graph.add("Sigmoid", z),
    "gelu": _gelu,
    "silu": _silu,
    "mish": _mish,
    "selu": _selu,
}
