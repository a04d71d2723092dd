"""The test rows between the split and the final test: one file, known by its digest, that nothing else looks into."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.flows.errors import RunError


@dataclass(frozen=True)
class Sealed:
    """A file of test rows; ``digest`` is the SHA-256 of its bytes, ``rows`` their number.

    ``identity`` says which rows of which table these are, however their cells were read: a setting such as
    ``data.missing`` changes the file, but not the rows.
    """

    path: Path
    digest: str
    identity: str
    rows: int

    def open(self) -> pd.DataFrame:
        """The test rows. Only the final test may ask for them, after it has noted so in the ledger.

        Raises:
            RunError: the file is gone, or is not the one that was sealed.
        """
        self.verify()
        return pd.read_parquet(self.path)

    def verify(self) -> None:
        """See that the file is the one that was sealed.

        Raises:
            RunError: it is not, or it is gone.
        """
        try:
            found = digest_of(self.path)
        except OSError as error:
            raise RunError(f"the sealed test rows cannot be read: {self.path}: {error.strerror}. Run again") from error
        if found != self.digest:
            raise RunError(
                f"the sealed test rows were changed: {self.path} has SHA-256 {found[:12]}…, but "
                f"{self.digest[:12]}… when it was sealed. They can give no test result. Run again, and let no "
                f"other program write there"
            )


def seal(rows: pd.DataFrame, path: Path, *, identity: str) -> Sealed:
    """Write the test rows to a file that may be read only."""
    rows.to_parquet(path, index=False)
    return sealed(path, identity, len(rows))


def sealed(path: Path, identity: str, rows: int) -> Sealed:
    """A file of test rows that is written, made to be read only."""
    path.chmod(0o400)
    return Sealed(path, digest_of(path), identity, rows)


def identity_of(table: str, rows: NDArray[np.intp]) -> str:
    """SHA-256 over the digest of a table and the numbers of some rows of it."""
    return hashlib.sha256(table.encode() + b":" + rows.astype("<i8").tobytes()).hexdigest()


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
