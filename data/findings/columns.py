"""Columns that say nothing, or only name the row."""

from descent.data.finding import Finding, joined_names
from descent.data.findings.examined import Examined
from descent.data.options import exclude

MOSTLY_MISSING = 0.8
"""Share of rows without a value above which a column is worth a word."""


def constant_columns(seen: Examined) -> list[Finding]:
    """Columns of one value; the models do not see them."""
    return _of_role(seen, "constant", "constant-column", "nothing to do: no model sees")


def identifiers(seen: Examined) -> list[Finding]:
    """Columns that name or number the rows; the models do not see them."""
    return _of_role(seen, "identifier", "identifier", "nothing to do: no model sees")


def free_text(seen: Examined) -> list[Finding]:
    """Columns of sentences; the models do not see them."""
    return _of_role(seen, "text", "free-text", "if the words matter, make columns of them: no model sees")


def _of_role(seen: Examined, role: str, name: str, action: str) -> list[Finding]:
    told = {name for finding in seen.inference.findings for name in finding.columns}
    found = [column for column in seen.inference.columns if column.role == role and column.name not in told]
    if not found:
        return []
    evidence = joined_names([f"{column.name} ({column.reason})" for column in found], 6)
    them = "it" if len(found) == 1 else "them"
    return [Finding(name, "note", tuple(column.name for column in found), evidence, f"{action} {them}")]


def mostly_missing(seen: Examined) -> list[Finding]:
    """Columns that models see, with a value in few of the rows for training and cv."""
    missing = {
        name: float(seen.worked(name).isna().to_numpy().mean())
        for name in seen.inference.of_role("numeric", "categorical", "boolean", "datetime")
    }
    names = [name for name, share in missing.items() if share > MOSTLY_MISSING]
    if not names:
        return []
    share = min(missing[name] for name in names)
    return [
        Finding(
            "mostly-missing",
            "note",
            tuple(names),
            f"{joined_names(names)} {'has' if len(names) == 1 else 'have'} no value in {share:.0%} of the rows or more",
            "imputed values are mostly guesses; whether there is a value is a feature of its own; to leave out: "
            f"{exclude(names)}",
        )
    ]


def missing_target(seen: Examined) -> list[Finding]:
    """Rows without a value of the target, which are left out."""
    inference = seen.inference
    if not inference.without_target:
        return []
    share = inference.without_target / (inference.without_target + seen.rows)
    return [
        Finding(
            "missing-target",
            "warning" if share > 0.1 else "note",
            (inference.target,),
            f"{inference.without_target:,} rows ({share:.1%}) have no value of {inference.target} and are left out",
            "if they are not missing at random, the model knows nothing of rows like them: find out why",
        )
    ]
