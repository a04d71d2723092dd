"""The same seed and data give the same rows on any machine: recorded digests, and processes in other surroundings.

The digests were recorded on x86-64 Linux; whoever sees another one has found a machine or a library that deals the rows
otherwise, and must not re-record it without saying so in the changelog.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

PROGRAM = """
import hashlib, json
from pathlib import Path
import numpy as np, pandas as pd
from descent.data import Table, fold_rows, infer, split_rows

def digest(*rows):
    return hashlib.sha256(b"".join(part.astype("<i8").tobytes() + b";" for part in rows)).hexdigest()[:16]

m = 500
k = np.arange(m)  # made of whole numbers alone: nothing is rounded
frame = pd.DataFrame({
    "x": (k * 7919) % 997, "size": (k * 31) % 101 / 8.0, "owner": [f"Ö{(i * i) % 43}" for i in k],
    "day": pd.Timestamp("2020-01-01") + pd.to_timedelta((k * 131) % 97, unit="D"),
    "part": np.array(["train", "train", "Train", "val", "test"])[(k * 17) % 5],
})
targets = {"number": (k * 37) % 211 / 4.0, "label": np.array(["nein", "ja", "ähm"])[((k * 13) % 10) // 4]}
found = {}
for name, by, target in [("random", "random", "number"), ("stratified", "stratified", "label"),
                         ("group", "group", "number"), ("time", "time", "label"), ("column", "column", "number"),
                         ("random, classes", "random", "label")]:
    table = frame.assign(y=targets[target])
    if CATEGORY:
        table = table.astype({name: "category" for name in ("owner", "part", *["y"] * (target == "label"))})
    rows, asked = infer(Table(table, "", Path("t.csv")), "y", by=by, group="owner" if by == "group" else None,
                        time="day" if by == "time" else None, split_column="part" if by == "column" else None)
    split = split_rows(rows, asked, seed=11)
    working = np.sort(np.concatenate([split.train, split.cv]))
    folds = fold_rows(rows.iloc[working].reset_index(drop=True), asked, 4, seed=11)
    found[name] = [digest(split.train, split.cv, split.test), digest(*(part for pair in folds for part in pair))]
print(json.dumps(found))
"""

RECORDED = {
    "random": ["fa09988870a9916c", "9052cd0169c87606"],
    "stratified": ["7c14660f23b99077", "40bdd3eb984e1aa0"],
    "group": ["dfa0f17cf3380fbd", "fb4b46255df366e4"],
    "time": ["d1be1b2fdd2c0a9e", "8d6107187860a33d"],
    "column": ["67d7b4e822627e6a", "9052cd0169c87606"],
    "random, classes": ["fa09988870a9916c", "9052cd0169c87606"],
}
"""Of the three parts, and of the folds."""

ELSEWHERE = {
    "PYTHONHASHSEED": "4711",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "TZ": "Pacific/Chatham",
    "OMP_NUM_THREADS": "8",
    "OPENBLAS_NUM_THREADS": "8",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 AVX512F AVX512CD AVX512_SKX",
    "OPENBLAS_CORETYPE": "Prescott",
}
"""Another hash seed, locale, time zone, number of threads, and an old processor."""


@pytest.mark.parametrize(
    ("surroundings", "category"), [({}, False), (ELSEWHERE, True)], ids=["here", "elsewhere, columns of categories"]
)
def test_the_rows_are_those_that_were_recorded(surroundings: dict[str, str], category: bool) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | surroundings
    program = f"CATEGORY = {category}\n{PROGRAM}".encode()
    answer = subprocess.run([sys.executable, "-W", "ignore", "-"], input=program, capture_output=True, env=environment)
    assert answer.returncode == 0, answer.stderr.decode()
    assert json.loads(answer.stdout) == RECORDED
