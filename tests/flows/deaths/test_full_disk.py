"""A disk that is full in the middle of a run: one message, nothing damaged, and the next command completes.

`benchmarks.deaths.full_disk` does the same at every moment of a run at which something is written.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.deaths.full_disk import MOMENTS, SWEEP, Disk, complaints, small_disk

pytestmark = [pytest.mark.integration, pytest.mark.long]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root")
    place = tmp_path_factory.mktemp("probe")
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], capture_output=True, check=False).returncode != 0:
        pytest.skip("no disk can be mounted here")
    subprocess.run(["umount", str(place)], check=True)
    with small_disk("200m") as made:
        yield made


def test_a_disk_that_fills_up_while_states_and_records_are_written(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "full.yaml").write_text(SWEEP, encoding="utf-8")
    words = ("run", str(tmp_path / "full.yaml"), "--json")
    ending = disk.descent(*words, moment=MOMENTS["records of variants, MLflow's database"], leave=6000)
    assert ending.filled
    assert complaints(ending) == []
    assert ending.code == 2
    assert f"{disk.home} has " in ending.message
    disk.free()
    assert disk.damage() == []
    again = disk.descent(*words)
    assert again.code == 0, again.said
    assert json.loads(again.output)["mlflow"]["unsent"] is None
    assert disk.unfinished() == []
