"""What ``--help`` says, of every command and at once."""

import json

import pytest

from ..embedded import Embedded

pytestmark = pytest.mark.integration

COMMANDS = ("run", "check", "init", "schema", "ui", "status", "down")

HELP = """
import contextlib, io, json, sys
from descent.flows.cli.app import app

said = {}
for command in sys.argv[1:]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            app([*command.split(), "--help"])
        except SystemExit as end:
            said[command] = [end.code, out.getvalue()]
heavy = {"prefect", "mlflow", "pandas", "numpy", "sklearn", "matplotlib"} & sys.modules.keys()
print(json.dumps({"said": said, "heavy": sorted(heavy)}))
"""


def test_help_shows_an_example_of_every_command_and_imports_nothing_heavy(home: Embedded) -> None:
    answer = home.python("-c", HELP, "", *COMMANDS)
    assert (answer.code, answer.stderr) == (0, "")
    found = json.loads(answer.stdout)
    assert found["heavy"] == []
    assert {code for code, _ in found["said"].values()} == {0}
    assert all(f" {command} " in found["said"][""][1] for command in COMMANDS)
    for command in COMMANDS:
        assert f"descent {command}" in found["said"][command][1].split("Example")[1]
