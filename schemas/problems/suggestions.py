"""What a user may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """``": did you mean `epochs`?"``, or nothing where no known word is near."""
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(str(word).lower(), by_lower, n=1, cutoff=0.6)
    return f": did you mean `{by_lower[near[0]]}`?" if near else ""
