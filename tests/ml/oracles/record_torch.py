"""Record what PyTorch does, for tests that run without it.

Run with PyTorch 2.13 and NumPy in any environment:  python tests/ml/oracles/record_torch.py
It writes torch.json beside itself. Everything is float64. λ is L2 in the objective, λ/(2m) Σ w² without biases,
which is PyTorch's weight_decay = λ/m on the weights; AdamW decouples the same λ/m.
"""

import json
from itertools import pairwise
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from torch.optim import lr_scheduler as schedulers

STEPS, LAM = 50, 0.8
SEEN = (1, 2, 5, 10, 20, 50)
torch.set_default_dtype(torch.float64)

# name → (our optimizer, its hyperparameters in our words, the same in PyTorch's)
OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {"learning_rate": 0.1}, {"lr": 0.1}),
    "momentum": (torch.optim.SGD, {"learning_rate": 0.03, "momentum": 0.8}, {"lr": 0.03, "momentum": 0.8}),
    "nesterov": (
        torch.optim.SGD,
        {"learning_rate": 0.03, "momentum": 0.8},
        {"lr": 0.03, "momentum": 0.8, "nesterov": True},
    ),
    "adagrad": (torch.optim.Adagrad, {"learning_rate": 0.2, "epsilon": 1e-7}, {"lr": 0.2, "eps": 1e-7}),
    "rmsprop": (
        torch.optim.RMSprop,
        {"learning_rate": 0.02, "decay": 0.95, "epsilon": 1e-6},
        {"lr": 0.02, "alpha": 0.95, "eps": 1e-6},
    ),
    "adam": (
        torch.optim.Adam,
        {"learning_rate": 0.05, "beta1": 0.85, "beta2": 0.99, "epsilon": 1e-6},
        {"lr": 0.05, "betas": (0.85, 0.99), "eps": 1e-6},
    ),
    "adamw": (
        torch.optim.AdamW,
        {"learning_rate": 0.05, "beta1": 0.85, "beta2": 0.99, "epsilon": 1e-6},
        {"lr": 0.05, "betas": (0.85, 0.99), "eps": 1e-6},
    ),
}

# our schedule → PyTorch's, for full-batch training, where a step is an epoch
SCHEDULES = {
    "step": ({"kind": "step", "every": 7, "factor": 0.6}, lambda o: schedulers.StepLR(o, 7, 0.6)),
    "exponential": ({"kind": "exponential", "rate": 0.93}, lambda o: schedulers.ExponentialLR(o, 0.93)),
    "cosine": ({"kind": "cosine", "final": 0.1}, lambda o: schedulers.CosineAnnealingLR(o, STEPS, 0.1 * 0.1)),
    "warmup": ({"kind": "constant", "warmup": 8}, lambda o: warmup(o, 8)),
    "warmup-exponential": (
        {"kind": "exponential", "rate": 0.93, "warmup": 8},
        lambda o: schedulers.ChainedScheduler([schedulers.ExponentialLR(o, 0.93), warmup(o, 8)]),
    ),
}


def warmup(optimizer, epochs):
    return schedulers.LinearLR(optimizer, 1 / epochs, 1.0, epochs - 1)


def problems():
    """Linear regression with columns of very different size, and logistic regression."""
    torch.manual_seed(0)
    x = torch.randn(40, 3) * torch.tensor([1.0, 0.3, 0.05]) + torch.tensor([0.5, 0.0, 0.1])
    y = x @ torch.tensor([1.0, -3.0, 8.0]) + 0.5 + 0.1 * torch.randn(40)
    codes = (torch.rand(40) < torch.sigmoid(3 * (y - y.mean()))).double()
    yield "regression", x, y, lambda z: 0.5 * (z - y).square().mean()
    yield "binary", x, codes, lambda z: functional.binary_cross_entropy_with_logits(z, codes)


def trajectory(x, loss, method, words, schedule=None, clip=None):
    """Costs before each of 50 full-batch steps from zero, and the parameters (w, b) after some of them."""
    w, b = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    inside = LAM / len(x) if clip is None else 0.0  # a clipped gradient has the penalty in it already
    optimizer = method([{"params": [w], "weight_decay": inside}, {"params": [b], "weight_decay": 0.0}], **words)
    scheduler = None if schedule is None else schedule(optimizer)
    costs, seen = [], {}
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        cost = loss(x @ w + b)
        (cost if clip is None else cost + LAM / (2 * len(x)) * w.square().sum()).backward()
        if clip is not None:  # not clip_grad_norm_, which adds 1e-6 to the norm
            factor = min(1.0, clip / float(torch.cat([w.grad, b.grad]).norm()))
            w.grad, b.grad = w.grad * factor, b.grad * factor
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        costs.append(cost.item())
        if step in SEEN:
            seen[step] = torch.cat([w, b]).tolist()
    return {"costs": costs, "parameters": seen}


def cases():
    for name, (method, ours, theirs) in OPTIMIZERS.items():
        yield {"optimizer": name, "settings": ours}, method, theirs, None, None
    for ours, theirs in SCHEDULES.values():
        settings = {"learning_rate": 0.1, "schedule": ours}
        yield {"optimizer": "sgd", "settings": settings}, torch.optim.SGD, {"lr": 0.1}, theirs, None
    settings = {"learning_rate": 0.1, "clip_norm": 0.15}
    yield {"optimizer": "sgd", "settings": settings}, torch.optim.SGD, {"lr": 0.1}, None, 0.15


def network(task, hidden, activation, residual, optimizer, epochs=6, batch=8):
    """Train a network on drawn rows, with drawn initial weights and batches; all of it is recorded."""
    torch.manual_seed(1)
    x = torch.randn(30, 4)
    y = torch.randint(0, 3, (30,)) if task == "multiclass" else torch.randn(30, 3)
    widths = [4, *hidden, 3]
    layers = [nn.Linear(n, h) for n, h in pairwise(widths)]
    skips = [nn.Linear(n, h, bias=False) if residual and n != h else None for n, h in pairwise([4, *hidden])]
    initial = pack(layers, skips)
    weights = [layer.weight for layer in [*layers, *filter(None, skips)]]
    method, ours, theirs = OPTIMIZERS[optimizer]
    step = method(
        [
            {"params": weights, "weight_decay": LAM / len(x)},
            {"params": [layer.bias for layer in layers], "weight_decay": 0.0},
        ],
        **theirs,
    )
    orders, costs = [], []
    for _ in range(epochs):
        orders.append(torch.randperm(len(x)))
        total = 0.0
        for rows in orders[-1].split(batch):
            a = x[rows]
            for layer, skip in zip(layers[:-1], skips, strict=True):
                g = activation(layer(a))
                a = g + (a if skip is None else skip(a)) if residual else g
            z = layers[-1](a)
            cost = (
                functional.cross_entropy(z, y[rows])
                if task == "multiclass"
                else (0.5 * (z - y[rows]).square().sum(dim=1).mean())
            )
            step.zero_grad()
            cost.backward()
            step.step()
            total += cost.item() * len(rows)
        costs.append(total / len(x))
    return {
        "task": task,
        "hidden": hidden,
        "residual": residual,
        "optimizer": optimizer,
        "settings": ours,
        "batch": batch,
        "x": x.tolist(),
        "y": y.tolist(),
        "initial": initial,
        "orders": [order.tolist() for order in orders],
        "costs": costs,
        "final": pack(layers, skips),
    }


def pack(layers, skips):
    """All weights in the layout of `ml.network.layout`: per layer [W | b] by rows, then the projections of skips."""
    matrices = [torch.cat([layer.weight, layer.bias[:, None]], dim=1) for layer in layers]
    return torch.cat([m.detach().ravel() for m in [*matrices, *(s.weight for s in skips if s is not None)]]).tolist()


def main():
    recorded = {"torch": torch.__version__, "lam": LAM, "problems": {}, "networks": []}
    for task, x, y, loss in problems():
        runs = [words | trajectory(x, loss, *rest) for words, *rest in cases()]
        recorded["problems"][task] = {"x": x.tolist(), "y": y.tolist(), "runs": runs}
    gelu = lambda z: functional.gelu(z, approximate="tanh")  # noqa: E731
    recorded["networks"] = [
        {"activation": "tanh"} | network("multiclass", [6, 5], torch.tanh, False, "adam"),
        {"activation": "relu"} | network("multiclass", [6, 5], torch.relu, False, "nesterov"),
        {"activation": "gelu"} | network("regression", [5, 5], gelu, True, "rmsprop"),
    ]
    Path(__file__).with_name("torch.json").write_text(json.dumps(recorded) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
