"""Starting weights, drawn from the variant's own generator; biases start at 0.

Each is a normal distribution whose variance keeps the size of signals from layer to layer:
He 2/n_in (He et al. 2015, for relu), Glorot 2/(n_in + n_out) (Glorot & Bengio 2010, for tanh and sigmoid),
LeCun 1/n_in (LeCun et al. 1998).
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from descent.ml.network.layout import Array, Layout

VARIANCES: dict[str, Callable[[int, int], float]] = {
    "he": lambda n_in, n_out: 2 / n_in,
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
    "lecun": lambda n_in, n_out: 1 / n_in,
}
INITIALIZER_OF = {"tanh": "glorot", "sigmoid": "glorot", "selu": "lecun"}
"""The rule derived for an activation; ``he`` for all others."""
WEIGHTS, ROWS, DROPPED = 0, 1, 2
"""Streams of random numbers: each use has its own, so that one never shifts the other."""


def generator(seed: int, stream: int, epoch: int = 0) -> Generator:
    """The generator of one use in one epoch: a function of its arguments alone, so there is no state to lose."""
    return np.random.default_rng((seed, stream, epoch))


def initialize(layout: Layout, rule: str, residual: bool, seed: int, dtype: str, sigma: float = 0.1) -> Array:
    """Starting parameters (P,) of one variant.

    The last layer starts like the others. With skip connections every hidden branch is scaled by 1/√depth, so that
    the sum of all branches keeps the size of one (as GPT-2's initialisation does; Radford et al. 2019). A linear
    model (one affine map) starts at 0: its cost is convex and the symmetry of hidden units needs no breaking. Scales
    start at 1. Of a numeric embedding frequencies are normal with standard deviation ``sigma``, phases uniform on
    [−π, π], and the maps behind them uniform within ±1/√k (k waves), biases included.
    """
    flat: Array = np.zeros((1, layout.size))
    depth = len(layout.affine) - 1
    if depth == 0:
        return np.asarray(flat[0], dtype)
    random = generator(seed, WEIGHTS)
    for number, block in enumerate(layout.affine):
        n_out, n_in = block.shape[0], block.inputs
        scale = np.sqrt(VARIANCES[rule](n_in, n_out))
        if residual and number < depth:
            scale /= np.sqrt(depth)
        block.view(flat)[0, :, :-1] = random.normal(0, scale, (n_out, n_in))
    for skip in layout.skips:
        if skip is not None:
            # A projection stands for an identity: it keeps the size whatever the activation.
            skip.view(flat)[0] = random.normal(0, np.sqrt(1 / skip.inputs), skip.shape)
    if layout.scale is not None:
        layout.scale.view(flat)[:] = 1
    if layout.waves:
        frequencies, phases, maps = layout.waves
        frequencies.view(flat)[0] = random.normal(0, sigma, frequencies.shape)
        phases.view(flat)[0] = random.uniform(-np.pi, np.pi, phases.shape)
        maps.view(flat)[0] = random.uniform(-1, 1, maps.shape) / np.sqrt(maps.inputs)
    return np.asarray(flat[0], dtype)
