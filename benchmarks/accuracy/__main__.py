"""Measure ours and others on open tables, and write docs/accuracy.md.

    python -m benchmarks.accuracy FOLDER… [--kept results.jsonl] [--ours NAME=COMMAND …] [--only TABLE …]

Every FOLDER has tables and their ``catalog.json``. Each table is split three times (``split.seed`` 0, 1, 2); all models
learn from the same train and cv rows and are evaluated on the same test rows. Results are kept in a file of JSON lines:
what stands there is not measured again, so a run can be ended and gone on with, and rivals are measured once.
``--ours before=/elsewhere/bin/descent`` measures another checkout beside this one, ``--ours=`` none;
``--page`` alone writes the page from what is kept.
"""

import argparse
from pathlib import Path

from . import ours, rivals
from .kept import Kept, Measured
from .page import write_page
from .tables import questions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--kept", type=Path, default=Path("accuracy.jsonl"), help="file of results")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", default=None, help="names of tables")
    parser.add_argument("--rivals", nargs="*", default=None, help="names; not given: all that are installed")
    parser.add_argument("--ours", action="append", default=None, help="NAME=COMMAND; not given: this checkout's")
    parser.add_argument("--again", action="store_true", help="measure ours again, whatever is kept")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page")
    given = parser.parse_args()
    asked = [one for one in questions(given.folders) if given.only is None or one.name in given.only]
    kept = Kept(given.kept)
    if not given.page:
        said = given.ours
        commands = {} if said == [""] else ours.commands(said or [])
        names = rivals.installed(given.rivals)
        for seed in given.seeds:
            for name, command in commands.items():
                for question in asked:
                    if given.again or (question.name, seed, name) not in kept:
                        _keep(kept, ours.measured(name, command, question, seed))
        for name in names:
            for question in asked:
                for seed in given.seeds:
                    if (question.name, seed, name) not in kept:
                        _keep(kept, rivals.measured(name, question, seed))
    write_page(list(kept))


def _keep(kept: Kept, one: Measured) -> None:
    kept.add(one)
    value = one.error if one.loss is None else f"{one.loss:.5g}"
    print(f"{one.table} seed {one.seed}, {one.model}: {value} ({one.seconds:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
