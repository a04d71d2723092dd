"""The state of a training that is under way, on disk: what is needed to go on with the same bits.

Parameters, slots, step and epoch, and the history of every variant. The generators have no state beyond seed and
epoch: every permutation is drawn from a generator of its own (`ml.fleets.feed.permutation`).
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from descent.ml.checkpoints import read_facts, read_state, write_state
from descent.ml.errors import CheckpointError
from descent.ml.fleets.fleet import Fleet
from descent.ml.history import History
from descent.ml.network.layout import Array
from descent.ml.network.model import Model
from descent.ml.network.rows import Rows
from descent.ml.optimizers.schedules import PLANNED
from descent.ml.optimizers.settings import Settings

_HISTORY = (
    "kept",
    "start",
    "curve_train",
    "curve_cv",
    "epochs",
    "best_epoch",
    "best",
    "reference",
    "reference_epoch",
    "status",
)


SHARE = 0.01
"""The most of a training's time that writing checkpoints by the clock may take."""


class Keeper:
    """Writes the state of a training to its checkpoint when that is due.

    Every ``every`` epochs (None: not by their number) and at the end; with ``seconds`` when so many have passed since
    the last time, or more where writing takes long, and in the end only if there is something left to go on with. That
    last one is not forced onto the disk, which takes as long as some epochs of a small table: who paused goes on soon,
    and after a loss of power trains again. ``facts`` gives the `fingerprint`, which is not taken before it is needed:
    it reads all rows.
    """

    def __init__(self, path: Path, every: int | None, seconds: float | None, facts: Callable[[], dict[str, Any]]):
        self.path, self.every, self.seconds = path, every, seconds
        self._facts, self._known = facts, dict[str, Any]()
        self._due = float("inf") if seconds is None else monotonic() + seconds

    @property
    def facts(self) -> dict[str, Any]:
        """What must agree, as of `fingerprint`."""
        self._known = self._known or self._facts()
        return self._known

    def after(self, epoch: int, fleet: Fleet, history: History, *, last: bool, over: bool) -> None:
        """Write the state after ``epoch`` epochs if that is due; ``over``: nothing can go on from here."""
        if self.seconds is None:
            due = last or (self.every is not None and epoch % self.every == 0)
        else:
            due = not over and (last or monotonic() >= self._due)
        if due:
            began = monotonic()
            save_training(self.path, self.facts, epoch, fleet, history, durable=self.seconds is None or not last)
            ended = monotonic()
            self._due = ended + max(self.seconds or 0.0, (ended - began) / SHARE)


def fingerprint(
    model: Model, optimizer: str, settings: Sequence[Settings], rows: Sequence[Rows | None], epochs: int, **rest: Any
) -> dict[str, Any]:
    """What must agree for a checkpoint to belong to a training: every argument, and a digest of the data.

    ``epochs`` counts for those variants alone whose schedule's course depends on it.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in rows:
        for array in () if part is None else (part.x, part.t, part.w):
            if array is not None:
                digest.update(str(array.shape).encode())
                digest.update(np.ascontiguousarray(array).data)
    facts = {
        "model": asdict(model),
        "optimizer": optimizer,
        "settings": [{**asdict(one), "epochs": epochs if _counts(one) else None} for one in settings],
        "data": digest.hexdigest(),
        **rest,
    }
    return json.loads(json.dumps(facts, default=lambda number: number.item()))  # type: ignore[no-any-return]


def _counts(one: Settings) -> bool:
    return one.schedule is not None and one.schedule.kind in PLANNED


def save_training(
    path: Path, facts: dict[str, Any], epoch: int, fleet: Fleet, history: History, *, durable: bool = True
) -> None:
    """Write the state after ``epoch`` epochs, atomically; ``durable`` as of `ml.checkpoints.write_atomically`."""
    arrays = {"ids": fleet.ids, "parameters": fleet.parameters, "slots": fleet.slots}
    arrays |= {f"history.{name}": getattr(history, name) for name in _HISTORY}
    write_state(path, arrays, {"training": facts, "epoch": epoch, "step": fleet.step}, durable=durable)


def gather_training(parts: Sequence[tuple[Path, int]], path: Path) -> None:
    """Write to ``path`` the state of some variants of several trainings, each given by its file and its place there.

    The trainings must be alike in all but their settings, and have come to the same epoch: a training with the settings
    in this order then goes on from ``path``. Since no variant's result depends on its neighbours, each goes on with the
    bits that it would have had where it was. ``path`` is not forced onto the disk: it can be gathered again.

    Raises:
        CheckpointError: a file is damaged, or the trainings do not fit together.
    """
    read = {source: read_state(source) for source in dict.fromkeys(source for source, _ in parts)}
    rows: dict[str, list[Array]] = {name: [] for name in _HISTORY}
    ids: list[int] = []
    parameters: list[Array] = []
    slots: list[Array] = []
    settings: list[Any] = []
    common: dict[str, Any] = {}
    try:
        for place, (source, index) in enumerate(parts):
            arrays, stored = read[source]
            training = dict(stored["training"])
            settings.append(training.pop("settings")[index])
            shared = {**training, "epoch": stored["epoch"], "step": stored["step"]}
            common = common or shared
            if different := [name for name in common if common[name] != shared.get(name)]:
                raise CheckpointError(f"{source} and {parts[0][0]} do not fit together: other {', '.join(different)}")
            for name, found in rows.items():
                found.append(arrays[f"history.{name}"][index])
            for position in np.flatnonzero(arrays["ids"] == index):  # one, or none if it has ended
                ids.append(place)
                parameters.append(arrays["parameters"][position])
                slots.append(arrays["slots"][:, position])
    except (KeyError, IndexError) as error:
        raise CheckpointError(f"{source} lacks {error}") from error
    if not ids:
        raise CheckpointError(f"none of the variants for {path} trains any more")
    epoch, step = common.pop("epoch"), common.pop("step")
    state = {"ids": np.array(ids), "parameters": np.stack(parameters), "slots": np.stack(slots, axis=1)}
    state |= {f"history.{name}": np.stack(found) for name, found in rows.items()}
    facts = {"training": {**common, "settings": settings}, "epoch": epoch, "step": step}
    write_state(path, state, facts, durable=False)


def take_training(path: Path, places: Sequence[int]) -> list[tuple[dict[str, Array], dict[str, Any]]]:
    """The states of some variants of a training, each as arrays and facts of a training of its own.

    `ml.checkpoints.write_state` makes a checkpoint of one, from which `gather_training` can go on.

    Raises:
        CheckpointError: the file is damaged.
    """
    arrays, stored = read_state(path)
    found = []
    try:
        for index in places:
            (position,) = np.flatnonzero(arrays["ids"] == index)
            one = {
                "ids": np.zeros(1, arrays["ids"].dtype),
                "parameters": arrays["parameters"][position, None],
                "slots": arrays["slots"][:, position, None],
                **{f"history.{name}": arrays[f"history.{name}"][index, None] for name in _HISTORY},
            }
            training = {**stored["training"], "settings": [stored["training"]["settings"][index]]}
            found.append((one, {**stored, "training": training}))
    except (KeyError, IndexError, ValueError) as error:
        raise CheckpointError(f"{path} lacks the state of variant {index}: {error}") from error
    return found


def epochs_in(path: Path) -> int:
    """How many epochs a checkpoint holds; 0 if it is none."""
    try:
        return int(read_facts(path)["epoch"])
    except (CheckpointError, KeyError, TypeError, ValueError):
        return 0


def load_training(path: Path, facts: dict[str, Any], fleet: Fleet, history: History) -> tuple[int, Fleet]:
    """Read a state into ``history``; returns the epochs done and the fleet.

    ``fleet`` is the training's start, which says what the arrays must look like. More epochs than before may be
    asked for. Raises `CheckpointError` if the file is damaged or of another training.
    """
    arrays, stored = read_state(path)
    try:
        epoch, step, before = int(stored["epoch"]), int(stored["step"]), dict(stored["training"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is no checkpoint of a training: {error}") from error
    for name, value in facts.items():
        if before.get(name) != value:
            raise CheckpointError(
                f"{path} belongs to another training: {name} was {before.get(name)}, now it is {value}"
            )
    count, columns = history.curve_train.shape
    if epoch > columns:
        raise CheckpointError(f"{path} has {epoch} epochs already, more than the {columns} asked for")
    for name in _HISTORY:
        found = arrays.get(f"history.{name}")
        if found is None or len(found) != count:
            raise CheckpointError(f"{path} lacks history.{name}")
        if name.startswith("curve"):
            getattr(history, name)[:, :epoch] = found[:, :epoch]
        else:
            setattr(history, name, found)
    try:
        resumed = Fleet(arrays["ids"].astype(np.intp), arrays["parameters"], arrays["slots"], step)
    except KeyError as error:
        raise CheckpointError(f"{path} lacks {error}") from error
    V, P = len(resumed.ids), fleet.parameters.shape[1]
    if resumed.parameters.shape != (V, P) or resumed.slots.shape != (len(fleet.slots), V, P):
        raise CheckpointError(f"{path} holds parameters {resumed.parameters.shape}; the model needs ({V}, {P})")
    return epoch, resumed
