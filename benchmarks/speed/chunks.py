"""Time per variant over the number of variants trained together: the curve that `ml.chunks.CACHE_BUDGET` is from."""

from functools import partial
from typing import NamedTuple

from benchmarks.speed.ours import train_chunks
from benchmarks.speed.shapes import Shape, fleet_settings
from benchmarks.speed.timing import Range, alternate, spread
from descent import ml

SIZES = (1, 2, 4, 8, 16, 32, 64)


class Curve(NamedTuple):
    """``points``: chunk size → milliseconds per variant and epoch. ``chosen`` is what `ml.chunk_size` gives."""

    shape: Shape
    points: dict[int, Range]
    chosen: int


def measure_curve(
    shape: Shape, data: ml.Arrays, repetitions: int, epochs: int, sizes: tuple[int, ...] = SIZES
) -> Curve:
    """Each size trains as many chunks as make up about 8 variants, so that small sizes are not timed too short."""
    brief = shape.__class__(**(vars(shape) | {"epochs": epochs}))
    count = {size: max(8, size) for size in sizes}
    calls = {str(size): partial(train_chunks, brief, data, fleet_settings(count[size]), size) for size in sizes}
    seconds = alternate(calls, repetitions)
    points = {size: spread(seconds[str(size)], 1000 / (count[size] * epochs)) for size in sizes}
    return Curve(shape, points, ml.chunk_size(shape.model, shape.batch))
