"""What a run used: the rows of each part with their digests, as MLflow shows them."""

from hashlib import sha256

from descent.flows.table.parts import Parts
from descent.flows.table.question import Question
from descent.flows.tracking.records import Dataset


def worked_on(question: Question, parts: Parts) -> list[Dataset]:
    """The train and the cv rows; digests of their content, in the order of the table."""
    from pandas.util import hash_pandas_object

    rows = hash_pandas_object(parts.frame, index=False).to_numpy()
    return [
        _dataset(question, part, sha256(rows[numbers].tobytes()).hexdigest(), len(numbers))
        for part, numbers in (("train", parts.train), ("cv", parts.cv))
    ]


def tested_on(question: Question, parts: Parts) -> Dataset:
    """The test rows, by the digest of the file that they were sealed in."""
    return _dataset(question, "test", parts.sealed.digest, parts.sealed.rows)


def _dataset(question: Question, part: str, digest: str, rows: int) -> Dataset:
    inference = question.inference
    return Dataset(
        name=f"{question.source_name} · {part}",
        digest=digest,
        source=question.source,
        rows=rows,
        context=part,
        schema={column.name: column.role for column in inference.columns} | {inference.target: "target"},
    )
