"""Sources as they may be shown: without the passwords and keys that a URL can hold."""

import os
import re

USER = re.compile(r"(\w://[^\s:/@?#]*):[^\s]*@")
"""user:password@ behind a scheme; a password may hold any sign but blanks, so all up to the last @ goes."""
PARAMETER = re.compile(
    r"([?&;][^=&;\s]*(?:passw|pwd|secret|token|sig|key|credential)[^=&;\s]*=)[^&;\s]+", re.IGNORECASE
)
VARIABLE = re.compile(r"\$\{(\w+)\}")


def conceal(text: str) -> str:
    """The text with ``***`` for every password in a URL: postgresql://me:***@host/db."""
    text = USER.sub(lambda found: found[0] if _is_variable(found) else f"{found[1]}:***@", text)
    return PARAMETER.sub(r"\1***", text)


def _is_variable(found: re.Match[str]) -> bool:
    """Whether the password is the name of an environment variable, which is no secret."""
    return bool(VARIABLE.fullmatch(found[0][len(found[1]) + 1 : -1]))


def absent_variables(source: str) -> list[str]:
    """Names of the environment variables that a source needs and that are not set."""
    return [name for name in VARIABLE.findall(source) if name not in os.environ]


def with_variables(source: str) -> str:
    """The source with ``${NAME}`` replaced by the environment variable of that name."""
    return VARIABLE.sub(lambda found: os.environ.get(found[1], found[0]), source)
