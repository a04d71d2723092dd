"""A model behind HTTP, as MLflow's own scoring server answers: POST /invocations, GET /ping, /health, /version.

Requests are parsed and answers written by MLflow, so both servers say the same. Beyond it, this one can follow an alias
(a new champion takes over between two requests), asks for a password, and says in a sentence what is wrong with a row.
"""

import asyncio
import json
import logging
import os
import secrets
import threading
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response

from descent.data import DataError
from descent.data.features.compiled.unknown import Unknown
from descent.flows.errors import RunError, UsageError
from descent.flows.serving.fetching import version_of
from descent.flows.serving.manifest import ModelError
from descent.flows.serving.predictor import Predictor, bad_request
from descent.flows.serving.source import load_model
from descent.flows.tracking.store import tracking_uri

if TYPE_CHECKING:
    import pandas as pd

ACCOUNT = "admin"
LARGEST = 64 << 20
"""Bytes of a request, 64 MiB: whole tables are for `descent predict`."""
LOG = logging.getLogger("descent.serve")


class Serving:
    """The model that answers now; ``follow`` asks every so many seconds whether the alias ``address`` means another."""

    def __init__(self, address: str | Path, follow: float | None = None) -> None:
        self.address, self.follow = str(address), follow
        self.model: Predictor | None = None
        self.version = ""
        self.waiting = ""
        """Why there is no model."""
        self._ended = threading.Event()

    def begin(self) -> None:
        """Load the model; when following, there need not be one yet.

        Raises:
            ModelError, RunError: there is no such model, or MLflow cannot be reached.
        """
        if self.follow is None:
            self.model = load_model(self.address)
            return
        self._refresh()
        threading.Thread(target=self._watch, name="follow the alias", daemon=True).start()

    def end(self) -> None:
        """Follow no longer."""
        self._ended.set()

    def _watch(self) -> None:
        assert self.follow is not None
        while not self._ended.wait(self.follow):
            self._refresh()

    def _refresh(self) -> None:
        """Load the version that the alias means, if it is another; what goes wrong leaves the present one answering."""
        try:
            found = version_of(self.address, tracking_uri())
            if found is None:
                self.waiting = f"{self.address}: there is no such version yet"
            elif found != self.version:
                self.model = load_model(f"{self.address.partition('@')[0]}/{found}")
                self.version = found
                LOG.warning("version %s of %s is served from now on", found, self.address)
        except (ModelError, RunError, DataError) as error:
            self.waiting = str(error)
            LOG.warning("%s", error)
        except Exception as error:  # noqa: BLE001 - MLflow's drivers raise what they like; the next look may succeed
            self.waiting = f"{self.address}: MLflow at {tracking_uri()} cannot be queried ({type(error).__name__})"
            LOG.warning("%s", self.waiting)

    def read(self, body: bytes) -> "pd.DataFrame":
        """The rows of a CSV, with their cells as they stand, as `descent predict` reads them.

        Raises:
            MlflowException: it cannot be read; with the sentence, as a bad request.
        """
        from descent.data.reading.csv_text import frame_of, parse_csv
        from descent.data.reading.encoding import to_utf8

        assert self.model is not None
        columns = self.model.features.columns
        with bad_request():
            raw, _ = to_utf8(body, "the request", None)
            missing = (*columns.missing, *columns.keep)
            parsed = parse_csv(
                raw, "the request", missing, dialect=columns.dialect, known=columns.all, numbers=columns.plain_numbers
            )
            return frame_of(parsed.table)

    def predict(
        self, data: "pd.DataFrame", params: dict[str, Any] | None = None, unknown: Unknown | None = None
    ) -> "pd.DataFrame":
        """Predictions for the rows of a request; ``unknown`` counts the levels that the model did not learn.

        Raises:
            MlflowException: the rows do not fit the model; with its sentence, as a bad request.
        """
        import pandas as pd

        assert self.model is not None
        with bad_request():
            if not isinstance(data, pd.DataFrame):
                raise ModelError("rows need names for their columns: send dataframe_split or dataframe_records")
            return self.model.predict(data, params, unknown)


class RowsAsked:
    """One request: what MLflow calls with its rows, and what there is to say of them."""

    metadata = None  # of an MLflow model, which MLflow's parser looks into

    def __init__(self, serving: Serving) -> None:
        self.serving, self.unknown = serving, Unknown()

    def predict(self, data: "pd.DataFrame", params: dict[str, Any] | None = None) -> "pd.DataFrame":
        """As of `Serving.predict`."""
        return self.serving.predict(data, params, self.unknown)

    def answer(self, body: bytes, kind: str) -> tuple[str, int, str]:
        """Text, status and media type. MLflow parses all but CSV, of which it would guess the types anew."""
        from io import StringIO

        from mlflow.pyfunc.scoring_server import invocations, predictions_to_json

        if kind.replace(" ", "").lower() in ("text/csv", "text/csv;charset=utf-8"):
            found = StringIO()
            predictions_to_json(self.predict(self.serving.read(body)), found)
            return found.getvalue(), 200, "application/json"
        answer = invocations(body, kind, self, None)
        return answer.response, answer.status, answer.mimetype

    @property
    def headers(self) -> dict[str, str] | None:
        """How many cells of which column, and how many whole rows, have levels that the model did not learn."""
        if not self.unknown.cells:
            return None
        return {"X-Unknown-Levels": json.dumps(self.unknown.cells), "X-Unknown-Rows": str(self.unknown.lost)}


def application(serving: Serving, password: str | None) -> FastAPI:
    """The server; with a password it asks everyone for it, but for a health check."""
    from mlflow.exceptions import MlflowException
    from mlflow.version import VERSION

    app = FastAPI(title="descent", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def ask_for_password(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        if password is None or request.url.path == "/health" or _is_welcome(request, password):
            return await go_on(request)
        return Response("password needed\n", 401, {"WWW-Authenticate": 'Basic realm="descent"'})

    @app.get("/health")
    async def health() -> Response:
        return Response("\n")

    @app.get("/ping")
    async def ping() -> Response:
        return Response("\n") if serving.model is not None else _unavailable(serving)

    @app.get("/version")
    async def version() -> Response:
        return Response(VERSION, headers={"X-Model-Version": serving.version} if serving.version else None)

    @app.post("/invocations")
    async def predict(request: Request) -> Response:
        if serving.model is None:
            return _unavailable(serving)
        data, kind = await _body(request), request.headers.get("content-type") or ""
        if data is None:
            return _refused(413, f"more than {LARGEST >> 20} MiB: use descent predict for whole tables")
        asked = RowsAsked(serving)
        try:
            text, status, media_type = await asyncio.to_thread(asked.answer, data, kind)
        except MlflowException as error:
            said = str(error.message).rpartition("\nError: ")[2]
            return _refused(error.get_http_status_code(), said)
        return Response(text, status, asked.headers, media_type)

    return app


def serve(serving: Serving, host: str, port: int, password: str | None) -> None:
    """Answer requests until interrupted.

    Raises:
        ModelError, RunError: as of `Serving.begin`.
    """
    import uvicorn

    serving.begin()
    try:
        uvicorn.run(application(serving, password), host=host, port=port, log_level="warning")
    finally:
        serving.end()


def password_for(host: str, *, open_to_all: bool) -> str | None:
    """The password of the variable ``DESCENT_SERVE_PASSWORD``; None if there is none and none is needed.

    Raises:
        UsageError: others could reach the server, and there is no password.
    """
    password = os.environ.get("DESCENT_SERVE_PASSWORD") or None
    if password is None and not open_to_all and host not in ("127.0.0.1", "localhost", "::1"):
        raise UsageError(
            f"other machines can reach {host}: set DESCENT_SERVE_PASSWORD (the account is {ACCOUNT}), or pass "
            "--no-password"
        )
    return password


async def _body(request: Request) -> bytes | None:
    """All of a request; None if it is more than `LARGEST`, whatever its header says: one sent in chunks has none."""
    if int(request.headers.get("content-length") or 0) > LARGEST:
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _is_welcome(request: Request, password: str) -> bool:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        account, _, word = b64decode(given, validate=True).decode().partition(":")
    except (Base64Error, UnicodeDecodeError, ValueError):
        return False
    # Both are compared in any case, and in a time that does not tell how much of them is right.
    right = secrets.compare_digest(account.encode(), ACCOUNT.encode())
    return secrets.compare_digest(word.encode(), password.encode()) and right and kind.lower() == "basic"


def _unavailable(serving: Serving) -> Response:
    return _refused(503, serving.waiting or "no model is loaded")


def _refused(status: int, message: str) -> Response:
    return Response(json.dumps({"message": message}), status, media_type="application/json")
