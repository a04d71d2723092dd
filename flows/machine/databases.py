"""Databases that are copied instead of migrated.

Creating Prefect's or MLflow's tables runs through years of migrations, which takes seconds; copying the outcome takes
milliseconds. The first database of a version on this machine is kept in the user's cache folder for all that follow.
"""

import contextlib
import os
import shutil
import sqlite3
from importlib.metadata import version
from pathlib import Path

from descent.flows.machine.home import cache


def template(package: str) -> Path:
    """Where the empty database of the installed version of ``package`` is kept."""
    return cache() / f"{package}-{version(package)}.db"


def restore(package: str, database: Path) -> bool:
    """Make ``database`` a copy of the template; False if there is no template or the database exists."""
    if database.exists():
        return False
    aside = database.with_name(f".{database.name}.{os.getpid()}")
    try:
        shutil.copyfile(template(package), aside)
    except OSError:  # no template yet, or one that cannot be read: the caller migrates, as without it
        aside.unlink(missing_ok=True)
        return False
    try:
        os.link(aside, database)  # unlike a rename, never over a database that another process made meanwhile
    except FileExistsError:
        return False
    finally:
        aside.unlink()
    return True


def keep(package: str, database: Path) -> None:
    """Keep a copy of a freshly migrated, empty ``database`` as the template, unless there is one."""
    target = template(package)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    with contextlib.suppress(OSError):  # a cache that cannot be written costs seconds next time, nothing else
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(database)
        try:
            connection.execute("VACUUM INTO ?", (str(aside),))
        except sqlite3.OperationalError:
            aside.unlink(missing_ok=True)
            return
        finally:
            connection.close()
        aside.replace(target)
