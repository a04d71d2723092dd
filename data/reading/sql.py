"""The result of a query as a table. A password in the URL is never shown."""

import re
from importlib.util import find_spec

import pandas as pd

from descent.data.errors import ColumnError, TableError

DRIVERS = {
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
    "pyodbc": "pyodbc",
    "oracledb": "oracledb",
    "psycopg": "psycopg",
    "pymysql": "pymysql",
    "cx_Oracle": "oracledb",
}
"""Packages that bring the module of a database's driver, where the names differ or are often asked for."""


def is_database(source: str) -> bool:
    """Whether a URL's scheme is a dialect that SQLAlchemy knows, such as ``postgresql+psycopg2``."""
    scheme = source.partition("://")[0].partition("+")[0]
    if not scheme.isidentifier():
        return False
    if find_spec(f"sqlalchemy.dialects.{scheme}") is not None:
        return True
    from sqlalchemy.dialects import registry
    from sqlalchemy.exc import NoSuchModuleError

    try:
        registry.load(scheme)
    except NoSuchModuleError:
        return False
    return True


def read_query(source: str, query: str, where: str) -> tuple[pd.DataFrame, list[str]]:
    """The rows that a query gives, and notes. The transaction is rolled back: nothing is changed in the database.

    Raises:
        TableError: the driver is not installed, the database is not there or refuses, or the query fails or is none.
        ColumnError: two columns of the same name.
    """
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    try:
        url = make_url(source)
        engine = create_engine(url)
    except (ModuleNotFoundError, ImportError) as error:
        package = DRIVERS.get(error.name or "", error.name or "its driver")
        raise TableError(
            f"{where}: this database needs the package {package}, which is not installed: pip install {package}"
        ) from None
    except NoSuchModuleError as error:
        raise TableError(f"{where}: {error}: install the package that brings this dialect of SQLAlchemy") from None
    except (ArgumentError, ValueError) as error:
        raise TableError(
            f"{where}: not a database URL ({str(error).splitlines()[0]}): write dialect://user:password@host/database"
        ) from None

    if url.get_backend_name() == "sqlite":
        _refuse_absent_file(url.database, where)

    def told(error: BaseException) -> str:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()
        first = reason[0] if reason else type(error).__name__
        return first.replace(url.password, "***") if url.password else first

    try:
        with engine.connect() as connection:
            try:
                result = connection.execute(text(query))
                if not result.returns_rows:
                    raise TableError(f"{where}: data.query gives no rows (it is not a SELECT): {_short(query)}")
                names, rows = list(result.keys()), result.fetchall()
            except TableError:
                raise
            except (SQLAlchemyError, ValueError, OverflowError) as error:
                raise TableError(
                    f"{where}: data.query fails: {told(error)}. Try it in the database's own shell: {_short(query)}"
                ) from None
    except SQLAlchemyError as error:
        raise TableError(
            f"{where}: the database cannot be reached: {told(error)}. Check host, name, user and password"
        ) from None
    finally:
        engine.dispose()
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ColumnError(
            f"{where}: data.query gives {names.count(twice[0])} columns named {twice[0]!r}: rename one with AS"
        )
    if not rows:
        raise TableError(f"{where}: data.query gives no rows: {_short(query)}")
    notes = [f"{len(rows):,} rows from the query: {_short(query)}"]
    if not re.search(r"\border\s+by\b", query, re.IGNORECASE):
        notes.append(
            "the query has no ORDER BY: the database may give the rows in another order next time, and then the split "
            "differs"
        )
    return pd.DataFrame.from_records([tuple(row) for row in rows], columns=names, coerce_float=True), notes


def _refuse_absent_file(database: str | None, where: str) -> None:
    """SQLite makes an empty database of a name that does not exist."""
    from pathlib import Path

    if database and database != ":memory:" and not database.startswith("file:") and not Path(database).is_file():
        raise TableError(f"{where}: there is no SQLite file {database}: check the path (sqlite:///relative/path.db)")


def _short(query: str) -> str:
    line = " ".join(query.split())
    return line if len(line) <= 80 else f"{line[:77]}..."
