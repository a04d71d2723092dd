"""The limit: nothing but the matrix products of a training, in the same shapes, on arrays that wait in place."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from .shapes import Shape


def make_products(shape: Shape, variants: int) -> Callable[[], None]:
    """A call makes the products of ``shape.epochs`` epochs of ``variants`` stacked networks.

    Per layer and step: outputs, gradient of the weights, and (above the first layer) gradient of the inputs; that one
    is a broadcast where the layer has a single unit, which is faster than a product. Batches are slices of the rows.
    """
    random = np.random.default_rng(0)
    widths = (shape.columns, *shape.hidden, shape.model.outputs)

    def normal(*size: int) -> np.ndarray:
        return random.normal(size=size).astype(np.float32)

    rows = normal(1, shape.rows, shape.columns + 1)
    layers = [(normal(variants, h, n + 1), np.empty((variants, h, n + 1), np.float32)) for n, h in pairwise(widths)]
    spans = [(start, min(start + shape.batch, shape.rows)) for start in range(0, shape.rows, shape.batch)]
    buffers = {}
    for B in {stop - start for start, stop in spans}:
        activations = [normal(variants, h + 1, B) for h in shape.hidden]
        outputs = [normal(variants, h, B) for h in widths[1:]]
        buffers[B] = activations, outputs

    def step(start: int, stop: int) -> None:
        x = rows[:, start:stop]
        activations, outputs = buffers[stop - start]
        last = len(layers) - 1
        for number, (weights, _) in enumerate(layers):
            below = activations[number - 1] if number else x.transpose(0, 2, 1)
            out = outputs[number] if number == last else activations[number][:, :-1]
            np.matmul(weights, below, out=out)
        for number in range(last, -1, -1):
            weights, gradient = layers[number]
            delta = outputs[number]
            np.matmul(delta, activations[number - 1].transpose(0, 2, 1) if number else x, out=gradient)
            if number:
                down = np.multiply if delta.shape[1] == 1 else np.matmul
                down(weights[:, :, :-1].transpose(0, 2, 1), delta, out=outputs[number - 1])

    def products() -> None:
        with np.errstate(all="ignore"):  # unscaled products of products grow; their values are nobody's
            for _ in range(shape.epochs):
                for start, stop in spans:
                    step(start, stop)

    return products
