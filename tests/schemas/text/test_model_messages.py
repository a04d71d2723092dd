"""What a user reads when a model of the search is wrong, word for word."""

from pathlib import Path

import pytest

from ..complaints import ACTIVATIONS, OPTIMIZERS, RANGE, complaint

# One model in search.models: the model, and what is said after "x.yaml:4: search.models[0]".
MODELS = [
    ("{}", ": `kind` is missing: write one of linear, logistic, softmax, network"),
    ("linear", ": linear is not a mapping: write {kind: linear}"),
    ("5", ": 5 is not a mapping: write {kind: ...}, one of linear, logistic, softmax, network"),
    (
        "{kind: logistc}",
        ".kind: logistc is not allowed: did you mean `logistic`? Allowed: linear, logistic, softmax, network",
    ),
    ("{kind: [linear, network]}", ".kind: kind cannot be swept: write one entry for each kind"),
    ("{kind: 3}", ".kind: 3 is not allowed. Allowed: linear, logistic, softmax, network"),
    ("{kind: linear, lambda: -1}", ".lambda: -1 is not allowed: must be ≥ 0"),
    ("{kind: linear, lambda: [0, -1]}", ".lambda[1]: -1 is not allowed: must be ≥ 0"),
    ("{kind: linear, lambda: [0, true]}", ".lambda[1]: true is not a number"),
    (
        "{kind: linear, lambda: 1,5}",
        ".5: there is no such key. Keys here: kind, lambda, degree, optimizer, batch, seed",
    ),
    ("{kind: linear, lambda: {lgo: [1, 2], count: 2}}", ".lambda: {lgo: [1, 2], count: 2} is not a number; " + RANGE),
    (
        "{kind: linear, lambda: {log: [0, 10], count: 5}}",
        ".lambda: a log range goes from a number > 0 up to a larger one: {log: [0.001, 10], count: 5}",
    ),
    (
        "{kind: linear, lambda: {linear: [-1, 1], count: 5}}",
        ".lambda: the range reaches -1, which is not allowed: must be ≥ 0",
    ),
    (
        "{kind: linear, lambda: {log: [1, .inf], count: 2}}",
        ".lambda.log[1]: inf is not allowed: must be a finite number",
    ),
    (
        "{kind: linear, lamda: 1}",
        ".lamda: there is no such key: did you mean `lambda`? Keys here: kind, lambda, degree, optimizer, batch, seed",
    ),
    (
        "{kind: linear, lambda_: 1}",
        ".lambda_: there is no such key: did you mean `lambda`? "
        "Keys here: kind, lambda, degree, optimizer, batch, seed",
    ),
    (
        "{kind: softmax, layers: [3]}",
        ".layers: there is no such key. Keys here: kind, lambda, degree, optimizer, batch, seed",
    ),
    (
        "{kind: linear, batch: 32}",
        ": newton always takes all rows at once: leave out batch, or write batch: full",
    ),
    (
        "{kind: network, layers: [8], batch: [full, 32], optimizer: [{kind: adam}, {kind: lbfgs}]}",
        ": lbfgs always takes all rows at once: leave out batch, or write batch: full",
    ),
    (
        "{kind: network, layers: [8], optimizer: {kind: newton}}",
        f".optimizer.kind: newton is for linear models only. Allowed here: {OPTIMIZERS}",
    ),
    (
        "{kind: network, layers: [8], optimizer: [{kind: adam}, {kind: newton, history: 5}]}",
        f".optimizer[1].kind: newton is for linear models only. Allowed here: {OPTIMIZERS}",
    ),
    (
        "{kind: linear, optimizer: {kind: newtn}}",
        f".optimizer.kind: newtn is not allowed: did you mean `newton`? Allowed: {OPTIMIZERS}, newton",
    ),
    (
        "{kind: linear, optimizer: {kind: newton, learning_rate: 1}}",
        ".optimizer.learning_rate: there is no such key. Keys here: kind, history, tolerance, iterations",
    ),
    ("{kind: network}", ".layers: required, but not given: units of each hidden layer"),
    ("{kind: network, layers: 32}", ".layers: 32 is not a list: write [32]"),
    ("{kind: network, layers: []}", ".layers: is an empty list: give at least one value"),
    ("{kind: network, layers: [[16], []]}", ".layers[1]: is an empty list: give at least one value"),
    ("{kind: network, layers: [[16], 32]}", ".layers[1]: 32 is not a list: write [32]"),
    ("{kind: network, layers: [16, 0]}", ".layers[1]: 0 is not allowed: must be ≥ 1"),
    ("{kind: network, layers: [[16], [64, -32]]}", ".layers[1][1]: -32 is not allowed: must be ≥ 1"),
    ("{kind: network, layers: [8], residual: on}", ".residual: on is not allowed: write true or false"),
    ("{kind: network, layers: [8], residual: 1}", ".residual: 1 is not allowed: write true or false"),
    (
        "{kind: network, layers: [8], activation: relux}",
        f".activation: relux is not allowed: did you mean `relu`? Allowed: {ACTIVATIONS}",
    ),
    ("{kind: network, layers: [8], batch: ful}", ".batch: ful is not allowed: write a whole number ≥ 1, or full"),
    ("{kind: network, layers: [8], batch: [8, 0]}", ".batch[1]: 0 is not allowed: write a whole number ≥ 1, or full"),
    (
        "{kind: network, layers: [8], batch: {linear: [0, 8], count: 2}}",
        ".batch: the range reaches 0, which is not allowed: must be ≥ 1",
    ),
    ("{kind: network, layers: [8], seed: 0.5}", ".seed: 0.5 is not a whole number"),
    ("{kind: network, layers: [8], optimizer: adam}", ".optimizer: adam is not a mapping: write {kind: adam}"),
    (
        "{kind: network, layers: [8], optimizer: adm}",
        f".optimizer: adm is not a mapping: write {{kind: ...}}, one of {OPTIMIZERS}",
    ),
    (
        "{kind: network, layers: [8], optimizer: [{kind: sgd}, {kind: adm}]}",
        f".optimizer[1].kind: adm is not allowed: did you mean `adam`? Allowed: {OPTIMIZERS}",
    ),
    (
        "{kind: network, layers: [8], optimizer: {learning_rate: 0.1}}",
        f".optimizer: `kind` is missing: write one of {OPTIMIZERS}",
    ),
    (
        "{kind: network, layers: [8], optimizer: {kind: momentum, momentum: 1}}",
        ".optimizer.momentum: 1 is not allowed: must be < 1",
    ),
    (
        "{kind: network, layers: [8], optimizer: {kind: sgd, momentum: 0.9}}",
        ".optimizer.momentum: there is no such key. Keys here: kind, learning_rate, schedule, clip_norm",
    ),
    (
        "{kind: network, layers: [8], optimizer: {kind: adam, learning_rate: {linear: [0, 1], count: 3}}}",
        ".optimizer.learning_rate: the range reaches 0, which is not allowed: must be > 0",
    ),
    (
        "{kind: network, layers: [8], optimizer: {kind: adam, schedule: {kind: step}}}",
        ".optimizer.schedule.every: required, but not given: epochs between two steps",
    ),
    (
        "{kind: network, layers: [8], optimizer: {kind: adam, schedule: cosine}}",
        ".optimizer.schedule: cosine is not a mapping: write {kind: cosine}",
    ),
    ("{kind: network, layers: [8], dropout: 1}", ".dropout: 1 is not allowed: must be ≤ 0.99"),
    (
        "{kind: network, layers: [8], dropout: 0.1, optimizer: {kind: lbfgs}}",
        ": lbfgs minimises the cost itself: leave out dropout, or take another optimizer",
    ),
    (
        "{kind: network, layers: [8], rates: {bias: 0.1}, optimizer: {kind: lbfgs}}",
        ": lbfgs has no learning rate: leave out rates, or take another optimizer",
    ),
    (
        "{kind: network, layers: [8], optimizer: {kind: lbfgs, learning_rate: 1}}",
        ".optimizer.learning_rate: there is no such key. Keys here: kind, history, tolerance, iterations",
    ),
]


@pytest.mark.parametrize(("model", "message"), MODELS)
def test_a_wrong_model_is_named_by_its_index_and_speaks_of_its_own_kind_only(
    tmp_path: Path, model: str, message: str
) -> None:
    text = f"data: {{source: a.csv, target: y}}\nsearch:\n  models:\n    - {model}\n"
    assert complaint(tmp_path, text) == f"x.yaml:4: search.models[0]{message}"
