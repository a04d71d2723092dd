"""Matrices in files: what is written is what is mapped, and a full disk is an error that can be told."""

from pathlib import Path

import numpy as np
import pytest

from descent.flows.table.matrices import write_matrix


def test_blocks_become_one_matrix_that_ends_in_ones(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    write_matrix(tmp_path / "x.npy", np.split(x, [7, 7, 30]), x.shape)
    found = np.load(tmp_path / "x.npy", mmap_mode="r")
    np.testing.assert_array_equal(found, np.column_stack([x, np.ones(50)]))
    assert found.dtype == np.float32
    assert found.flags.c_contiguous


def test_rows_that_are_missing_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 rows were given, 4 announced"):
        write_matrix(tmp_path / "x.npy", [np.zeros((3, 2))], (4, 2))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's device that is always full")
def test_a_full_disk_is_an_error_and_not_the_end_of_the_process() -> None:
    with pytest.raises(OSError, match="No space left"):
        write_matrix(Path("/dev/full"), [np.zeros((5000, 2))], (5000, 2))
