"""The variance of a setting at all training rows, from models of disjoint parts of them."""

from collections.abc import Sequence

import numpy as np

from descent.ml.diagnosis.replicates import Replicates

RATE, RATE_SD = 0.8, 0.5
"""Prior of c in V ∝ m^−c: 1 for parametric models, near 0 for networks that fit the noise."""
SCATTER = 0.3
"""Standard deviation of log V when measured between two models; it falls with √(R − 1)."""
SURE = 0.03
"""That of V at all rows where it is known otherwise and only c is asked."""


def carried(
    parts: Sequence[Replicates], variances: Sequence[float], rows: int, at_all: float | None = None
) -> tuple[float, float, float, float]:
    """log V at ``rows`` and c: (log V, its standard deviation, c, its standard deviation).

    A linear regression of the log of ``variances``, those of the parts (> 0), on log m, with a prior on c; ``at_all``
    is V at all rows where it is known.
    """
    steps = [np.log(part.rows / rows) for part in parts]
    logs = [np.log(one) for one in variances]
    sds = [SCATTER / np.sqrt(part.count - 1) for part in parts]
    if at_all is not None:
        steps, logs, sds = [*steps, 0.0], [*logs, np.log(at_all)], [*sds, SURE]
    weights = 1 / np.array(sds)
    x = np.stack([np.ones(len(steps)), -np.array(steps)], axis=1) * weights[:, None]
    covariance = np.linalg.inv(x.T @ x + np.diag([0.0, 1 / RATE_SD**2]))
    log_v, c = covariance @ (x.T @ (np.array(logs) * weights) + np.array([0.0, RATE / RATE_SD**2]))
    return float(log_v), float(np.sqrt(covariance[0, 0])), float(c), float(np.sqrt(covariance[1, 1]))
