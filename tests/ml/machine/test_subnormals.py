"""Subnormal numbers are zeros while a fleet trains, and nothing else changes."""

from contextlib import nullcontext

import numpy as np
import pytest

from descent import ml
from descent.ml.machine import arithmetic
from descent.ml.machine.subnormals import KNOWN, no_subnormals

from ..problems import arrays

SUBNORMAL = np.full(64, 1e-40, np.float32)
needs_switch = pytest.mark.skipif(not KNOWN, reason="the switch is known for Linux on x86-64 alone")


@needs_switch
def test_subnormal_operands_and_results_are_zeros_inside_and_what_they_were_afterwards() -> None:
    small, one = np.full(64, 1e-30, np.float32), np.float32(1)
    with no_subnormals():
        assert not np.any(SUBNORMAL * one)
        assert not np.any(small * np.float32(1e-9))
        assert np.all(small > 0)
    assert np.all(SUBNORMAL * one > 0)


@needs_switch
def test_an_exception_inside_leaves_arithmetic_as_it_was() -> None:
    with pytest.raises(KeyError), no_subnormals():
        raise KeyError
    assert np.all(SUBNORMAL * np.float32(1) > 0)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "sgd"])
def test_a_training_that_lambda_empties_finds_what_it_found_with_subnormal_numbers(
    optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, settings = ml.Model(5, (16,)), [ml.Settings(lam=lam, learning_rate=0.01) for lam in (0.1, 30, 3000)]
    found = []
    for context in (no_subnormals, nullcontext):
        monkeypatch.setattr(arithmetic, "no_subnormals", context)
        found.append(ml.train(model, optimizer, settings, arrays("regression"), batch=16, epochs=400))
    for without, having in zip(*found, strict=True):
        np.testing.assert_allclose(without.parameters, having.parameters, rtol=1e-5, atol=1e-30)
        np.testing.assert_allclose(without.curve_train, having.curve_train, rtol=1e-6)
