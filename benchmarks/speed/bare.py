"""The limit: nothing but the matrix products of a training, in the same shapes, on arrays that wait in place.

Factors lie as OpenBLAS multiplies them fastest (`ml.network.products`): what a training turns on its way waits here
both ways.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from benchmarks.speed.shapes import Shape
from descent.ml.network.products import AS_IT_IS


def make_products(shape: Shape, variants: int) -> Callable[[], None]:
    """A call makes the products of ``shape.epochs`` epochs of ``variants`` stacked networks.

    Per layer and step: outputs, gradient of the weights, and (above the first layer) gradient of the inputs; that one
    is a broadcast where the layer has a single unit, which is faster than a product. All batches are one.
    """
    random = np.random.default_rng(0)
    widths = (shape.columns, *shape.hidden, shape.model.outputs)

    def normal(*size: int) -> np.ndarray:
        return random.normal(size=size).astype(np.float32)

    def both_ways(count: int, n: int, B: int, h: int) -> tuple[np.ndarray, np.ndarray]:
        """Features first, for the product with h units, and transposed, for the gradient of their weights."""
        first = normal(count, n + 1, B)
        transposed = first.transpose(0, 2, 1)
        return first, transposed if h * (n + 1) <= AS_IT_IS else np.ascontiguousarray(transposed)

    layers = [(normal(variants, h, n + 1), np.empty((variants, h, n + 1), np.float32)) for n, h in pairwise(widths)]
    spans = [(start, min(start + shape.batch, shape.rows)) for start in range(0, shape.rows, shape.batch)]
    buffers = {}
    for B in {stop - start for start, stop in spans}:
        counts = [1, *(variants for _ in shape.hidden)]
        below = [both_ways(count, n, B, h) for count, (n, h) in zip(counts, pairwise(widths), strict=True)]
        buffers[B] = below, [normal(variants, h, B) for h in widths[1:]]

    def step(start: int, stop: int) -> None:
        below, outputs = buffers[stop - start]
        last = len(layers) - 1
        for number, (weights, _) in enumerate(layers):
            out = outputs[number] if number == last else below[number + 1][0][:, :-1]
            np.matmul(weights, below[number][0], out=out)
        for number in range(last, -1, -1):
            weights, gradient = layers[number]
            delta = outputs[number]
            np.matmul(delta, below[number][1], out=gradient)
            if number:
                down = np.multiply if delta.shape[1] == 1 else np.matmul
                down(weights[:, :, :-1].transpose(0, 2, 1), delta, out=outputs[number - 1])

    def products() -> None:
        with np.errstate(all="ignore"):  # unscaled products of products grow; their values are nobody's
            for _ in range(shape.epochs):
                for start, stop in spans:
                    step(start, stop)

    return products
