"""Whether two runtimes say the same of the same rows."""

from typing import Any

import numpy as np


def assert_close(found: Any, wanted: Any) -> None:
    """Equal but for rounding in 32 bits, by the scale of what is compared: sums of large terms may come near zero."""
    wanted = np.asarray(wanted, np.float64)
    scale = float(np.abs(wanted).max(initial=0.0))
    np.testing.assert_allclose(np.asarray(found, np.float64), wanted, rtol=1e-5, atol=max(1e-5, 1e-6 * scale))
