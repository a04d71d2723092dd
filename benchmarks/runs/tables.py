"""Made-up tables of any size, written row group by row group."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

GROUP = 1 << 19


def write_table(path: Path, rows: int, columns: int) -> None:
    """A Parquet file of ``columns`` float64 columns: ``x0`` …, and ``y``: part line, part product, part noise."""
    names = [f"x{number}" for number in range(columns - 1)]
    slopes = np.random.default_rng(1).normal(size=columns - 1)
    rng = np.random.default_rng(0)
    schema = pa.schema([(name, pa.float64()) for name in (*names, "y")])
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        for start in range(0, rows, GROUP):
            x = rng.standard_normal((columns - 1, min(GROUP, rows - start)))
            y = slopes @ x / 4 + np.sin(2 * x[0]) * x[1] + rng.standard_normal(x.shape[1]) / 2
            writer.write_table(pa.table([*x, y], names=schema.names))
