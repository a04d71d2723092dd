"""Cutting fleets into chunks."""

from hypothesis import given
from hypothesis import strategies as st

from descent.flows.search.plan import chunk_sizes


@given(variants=st.integers(1, 300), cache=st.integers(1, 64), workers=st.integers(1, 16))
def test_chunks_hold_every_variant_within_the_cache_and_fill_the_workers(
    variants: int, cache: int, workers: int
) -> None:
    sizes = chunk_sizes(variants, cache, workers)
    assert sum(sizes) == variants
    assert min(sizes) >= 1
    assert max(sizes) <= cache
    assert max(sizes) - min(sizes) <= 1
    assert len(sizes) >= min(variants, workers)


def test_chunks_come_in_whole_rounds_of_workers() -> None:
    assert chunk_sizes(32, cache=12, workers=2) == (8, 8, 8, 8)
    assert chunk_sizes(8, cache=64, workers=2) == (4, 4)
    assert chunk_sizes(1, cache=64, workers=2) == (1,)
