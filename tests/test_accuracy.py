"""The arithmetic of the comparison with other libraries, by hand; no model is trained."""

from math import log
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from benchmarks.accuracy.kept import Kept, Measured
from benchmarks.accuracy.page import BEGIN, END, write_page
from benchmarks.accuracy.scores import auc, loss
from benchmarks.accuracy.summary import average_ranks, duel, losses


def of(table: str, seed: int, model: str, value: float | None, dummy: float | None = None) -> Measured:
    error = "no" if value is None else None
    return Measured(table, seed, model, value, None, 1.0, dummy, error)


FOUND = {
    ("a", 0): {"ours": 1.0, "trees": 2.0, "linear": 3.0},
    ("a", 1): {"ours": 2.0, "trees": 1.0, "linear": 2.0},
    ("b", 0): {"ours": 1.0, "trees": 4.0, "linear": 0.5},
    ("c", 0): {"ours": 1.0, "linear": 7.0},
}


def test_losses_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y, raw = rng.integers(3, size=50), rng.random((50, 3))
    shares = raw / raw.sum(axis=1, keepdims=True)
    assert loss("multiclass", y, shares) == pytest.approx(log_loss(y, shares), rel=1e-12)
    assert auc("multiclass", y, shares) == pytest.approx(roc_auc_score(y, shares, multi_class="ovr"), rel=1e-12)
    assert loss("regression", np.array([1.0, 3.0]), np.array([1.0, 1.0])) == pytest.approx(2**0.5)
    assert auc("regression", np.array([1.0, 3.0]), np.array([1.0, 1.0])) is None


def test_a_label_that_was_never_learned_has_the_least_probability() -> None:
    certain = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert loss("binary", np.array([0, -1]), certain) == pytest.approx(-log(1e-15) / 2)


def test_ranks_are_over_the_pairs_that_all_have_and_ties_share() -> None:
    ranks = average_ranks(FOUND, ["ours", "trees", "linear"])
    assert ranks == pytest.approx({"ours": (1 + 2.5 + 2) / 3, "trees": (2 + 1 + 3) / 3, "linear": (3 + 2.5 + 1) / 3})
    assert average_ranks(FOUND, ["ours", "absent"]) == {}


def test_a_duel_weighs_tables_alike_whatever_their_number_of_splits() -> None:
    fought = duel(FOUND, "ours", "trees")
    assert fought is not None
    assert (fought.pairs, fought.tables) == (3, 2)
    assert fought.wins == pytest.approx(2 / 3)
    assert fought.table_wins == pytest.approx(0.75)  # on a it is one half against two: a tie
    assert fought.ratio == pytest.approx(0.5)  # sqrt(1 * 1/4)
    assert fought.low == pytest.approx(0.25)
    assert fought.high == pytest.approx(1.0)
    assert duel(FOUND, "ours", "absent") is None


def test_the_interval_holds_the_true_ratio_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for trial in range(100):
        found = {(str(t), 0): {"x": float(np.exp(rng.normal(-0.1, 0.2))), "y": 1.0} for t in range(30)}
        fought = duel(found, "x", "y", seed=trial)
        assert fought is not None
        held += fought.low <= np.exp(-0.1) <= fought.high
    assert 86 <= held <= 100


def test_other_rows_than_the_rivals_are_refused_and_failures_left_out() -> None:
    same = [of("a", 0, "dummy", 2.0), of("a", 0, "ours", 1.0, 2.0 * (1 + 1e-9)), of("a", 0, "trees", None)]
    assert losses(same) == {("a", 0): {"dummy": 2.0, "ours": 1.0}}
    with pytest.raises(ValueError, match="other rows"):
        losses([*same, of("a", 0, "older", 1.0, 2.1)])


def test_what_is_kept_is_found_again_and_the_last_line_counts(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    kept = Kept(path)
    kept.add(of("a", 0, "ours", 1.0, 2.0))
    kept.add(of("a", 1, "ours", 3.0))
    kept.add(of("a", 0, "ours", 0.5, 2.0))
    again = Kept(path)
    assert ("a", 1, "ours") in again
    assert ("a", 2, "ours") not in again
    assert {one.key: one.loss for one in again} == {("a", 0, "ours"): 0.5, ("a", 1, "ours"): 3.0}


def test_the_page_keeps_what_was_written_by_hand(tmp_path: Path) -> None:
    page = tmp_path / "accuracy.md"
    page.write_text(f"# Title\n{BEGIN}\nold\n{END}\nby hand\n")
    write_page([of("a", 0, "dummy", 2.0), of("a", 0, "linear", 1.5), of("a", 0, "descent", 1.0, 2.0)], page)
    text = page.read_text()
    assert text.startswith("# Title\n")
    assert text.endswith(f"{END}\nby hand\n")
    assert "old" not in text
    assert "| linear | 100% of 1 | 100% of 1 | 0.667 (0.667 to 0.667) |" in text
    page.write_text("nothing to write between")
    with pytest.raises(SystemExit, match="no lines"):
        write_page([], page)
