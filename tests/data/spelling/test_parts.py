"""Many dates of one shape are taken apart by their places, and mean what each of them means alone."""

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from descent.data.spelling.dates import EXAMPLES, moments
from descent.data.spelling.parts import MANY

TIMES = ("", " 14:05", "T14:05:09", " 14:05:09.250", " 02:05 PM", " 14:05 +0130", " 14:05 CET")


@pytest.mark.parametrize("layout", EXAMPLES)
def test_many_dates_of_one_shape_mean_what_each_means_alone(layout: str) -> None:
    rng = np.random.default_rng(0)
    for time in TIMES:
        shape = EXAMPLES[layout] + time
        digits = rng.integers(4, size=(MANY + 7, len(shape))).astype(str)
        columns = [digits[:, place] if one.isdigit() else [one] * len(digits) for place, one in enumerate(shape)]
        texts = list(map("".join, zip(*columns, strict=True)))
        whole, fits = moments(pa.array([shape, *texts]), layout)
        found = [moments(pa.array([shape, *texts][start : start + 100]), layout) for start in range(0, len(whole), 100)]
        assert fits.tolist() == np.concatenate([one for _, one in found]).tolist()
        assert whole.tolist() == np.concatenate([one for one, _ in found]).tolist()


@pytest.mark.parametrize("odd", ["2024-01-3١", "2024-01-31\n", "2024-1-31", "2024-01/31", "2024-01-3x", ""])
def test_one_text_of_another_shape_is_seen(odd: str) -> None:
    texts = pa.array(["2024-01-31"] * MANY + [odd])
    _, fits = moments(texts, "ymd")
    assert fits[:-1].all()
    assert fits[-1] == moments(pa.array([odd]), "ymd")[1][0]


def test_a_slice_of_texts_is_taken_apart_at_its_own_places() -> None:
    texts = pa.array([f"{2000 + year}-02-{day:02}" for year in range(60) for day in range(1, 31)])
    whole, fits = moments(texts, "ymd")
    part, part_fits = moments(texts[500:1700], "ymd")
    assert part_fits.tolist() == fits[500:1700].tolist()
    assert part.tolist() == whole[500:1700].tolist()
