"""`make bench`: measure every speed figure and write benchmarks/speed/RESULTS.md.

    .venv/bin/python benchmarks/speed/run.py [--quick] [--only a,c,g] [--output FILE]

``--quick`` takes few epochs and repetitions, to see that everything works; ``--only`` restricts the shapes. Either
prints its report and leaves RESULTS.md alone, unless ``--output`` names a file.
"""

import os
import sys
from pathlib import Path


def main() -> None:
    """One BLAS thread for every library, which all of them read when they are loaded; then the suite."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ[name] = "1"
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from benchmarks.speed.suite import command

    command(sys.argv[1:])


if __name__ == "__main__":
    main()
