"""What comes of a trained variant, as bytes: arrays as safetensors, the rest as JSON in its header."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from descent.ml import Outcome
from descent.ml.checkpoints import pack, unpack

Array = NDArray[Any]
State = tuple[dict[str, Array], dict[str, Any]]
"""Arrays and facts of a training that has paused, as of `ml.fleets.resuming.take_training`."""

KEPT = ("completed", "stopped", "diverged", "paused")
"""Statuses that depend on the training alone; a deadline or Ctrl-C comes when it comes."""
_NUMBERS = ("cost_train", "cost_cv", "epochs", "best_epoch", "status", "message")
_STATE = "state."


@dataclass(frozen=True)
class Value:
    """A variant's outcome, its metrics on the cv rows, its outputs there if they were kept, its state if it paused."""

    outcome: Outcome
    metrics: dict[str, float]
    outputs: Array | None = None
    state: State | None = None

    def to_bytes(self) -> bytes:
        """The value for `from_bytes`."""
        one = self.outcome
        arrays = {"parameters": one.parameters, "curve_train": one.curve_train}
        arrays |= {} if one.curve_cv is None else {"curve_cv": one.curve_cv}
        arrays |= {} if self.outputs is None else {"outputs": self.outputs}
        facts: dict[str, Any] = {name: getattr(one, name) for name in _NUMBERS}
        facts["metrics"] = {name: float(value) for name, value in self.metrics.items()}
        if self.state is not None:
            arrays |= {_STATE + name: array for name, array in self.state[0].items()}
            facts["state"] = self.state[1]
        return pack(arrays, facts)

    @classmethod
    def from_bytes(cls, content: bytes) -> "Value":
        """What was made of a value.

        Raises:
            CheckpointError: it was made of something else.
        """
        arrays, facts = unpack(content)
        state = {name.removeprefix(_STATE): array for name, array in arrays.items() if name.startswith(_STATE)}
        outcome = Outcome(
            parameters=arrays["parameters"],
            curve_train=arrays["curve_train"],
            curve_cv=arrays.get("curve_cv"),
            **{name: facts[name] for name in _NUMBERS},
        )
        return cls(outcome, facts["metrics"], arrays.get("outputs"), (state, facts["state"]) if state else None)
