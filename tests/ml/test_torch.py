"""The same steps as PyTorch, recorded by oracles/record_torch.py: optimizers, λ, schedules, clipping, networks."""

import json
from pathlib import Path

import numpy as np
import pytest

from descent import ml

RECORDED = json.loads((Path(__file__).parent / "oracles" / "torch.json").read_text(encoding="utf-8"))
LAM = RECORDED["lam"]


def settings_of(recorded: dict) -> ml.Settings:
    schedule = recorded.get("schedule")
    return ml.Settings(lam=LAM, **recorded | {"schedule": None if schedule is None else ml.Schedule(**schedule)})


def name_of(run: dict) -> str:
    extra = run["settings"].get("schedule", {})
    return "-".join(
        [run["optimizer"], *(str(extra[key]) for key in extra), *(["clip"] * ("clip_norm" in run["settings"]))]
    )


RUNS = [
    pytest.param(task, run, id=f"{task}-{name_of(run)}")
    for task, problem in RECORDED["problems"].items()
    for run in problem["runs"]
]


@pytest.mark.parametrize(("task", "run"), RUNS)
def test_fifty_steps_of_every_optimizer(task, run):
    problem = RECORDED["problems"][task]
    x, y = np.array(problem["x"]), np.array(problem["y"])
    model = ml.Model(inputs=x.shape[1], task=task)
    settings = settings_of(run["settings"])

    def trained(steps: int) -> ml.Outcome:
        data = ml.Arrays(x, y)
        return ml.train(model, run["optimizer"], [settings], data, batch=None, epochs=steps, dtype="float64")[0]

    last = trained(50)
    np.testing.assert_allclose(last.curve_train, run["costs"], rtol=1e-6)
    for steps, parameters in run["parameters"].items():
        cosine = settings.schedule is not None and settings.schedule.kind == "cosine"
        if not cosine or steps == "50":  # a cosine depends on the number of epochs to come
            np.testing.assert_allclose(trained(int(steps)).parameters, parameters, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "network", RECORDED["networks"], ids=lambda network: f"{network['activation']}-{network['optimizer']}"
)
def test_a_network_from_the_same_weights_through_the_same_batches(network, monkeypatch):
    x, y = np.array(network["x"]), np.array(network["y"])
    model = ml.Model(
        inputs=4,
        hidden=tuple(network["hidden"]),
        outputs=3,
        task=network["task"],
        activation=network["activation"],
        residual=network["residual"],
    )
    monkeypatch.setattr("descent.ml.fleets.fleet.initialize", lambda *_: np.array(network["initial"]))
    monkeypatch.setattr(
        "descent.ml.fleets.feed.permutation", lambda seed, epoch, rows: np.array(network["orders"][epoch])
    )
    (outcome,) = ml.train(
        model,
        network["optimizer"],
        [settings_of(network["settings"])],
        ml.Arrays(x, y),
        batch=network["batch"],
        epochs=len(network["orders"]),
        dtype="float64",
    )
    np.testing.assert_allclose(outcome.curve_train, network["costs"], rtol=1e-6)
    np.testing.assert_allclose(outcome.parameters, network["final"], rtol=1e-5, atol=1e-8)
    assert np.abs(outcome.parameters - network["initial"]).max() > 0.05  # it did move
