"""Addresses: whether the server that a variable names is there, asked without a library's patience; a free port."""

import json
import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

from descent.flows.errors import RunError

LOOPBACK = "127.0.0.1"


def reach(url: str, variable: str, remedy: str) -> None:
    """Return if something listens at the address of ``url``, which stands in ``variable``.

    Raises:
        RunError: nothing does; the message ends with ``remedy``.
    """
    try:
        _connect(url)
    except OSError as error:
        host, port = _address(url)
        raise RunError(
            f"{variable} is {url}, but {host}:{port} cannot be reached: {error.strerror or error}. {remedy}"
        ) from error


def is_there(url: str) -> bool:
    """Whether something listens at the address of ``url``; True of what is no HTTP address."""
    try:
        _connect(url)
    except OSError:
        return False
    return True


def ask(port: int, path: str, body: object = None, timeout: float = 10.0) -> str:
    """What a server on the loopback address answers: to a POST of JSON with a body, else to a GET. No proxy is asked.

    Raises:
        OSError, HTTPException: it refuses, or is not there.
    """
    connection = HTTPConnection(LOOPBACK, port, timeout=timeout)
    try:
        if body is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        content = answer.read().decode()
        if answer.status >= 300:
            raise OSError(f"{path} answered {answer.status}: {content[:200]!r}")
        return content
    finally:
        connection.close()


def _connect(url: str) -> None:
    from urllib.request import getproxies, proxy_bypass

    scheme, (host, port) = urlsplit(url).scheme, _address(url)
    if scheme not in ("http", "https") or (host != LOOPBACK and scheme in getproxies() and not proxy_bypass(host)):
        return  # only the proxy can say
    socket.create_connection((host, port), timeout=5).close()


def _address(url: str) -> tuple[str, int]:
    address = urlsplit(url)
    return address.hostname or "", address.port or (443 if address.scheme == "https" else 80)


def free_port(wanted: int | None, host: str = LOOPBACK, *, usual: int) -> int:
    """The port that is wanted; else the usual one, or any.

    Raises:
        RunError: it is taken, or may not be used.
    """
    for port in (wanted,) if wanted is not None else (usual, 0):
        try:
            with socket.create_server((host, port)) as listener:
                return int(listener.getsockname()[1])
        except (OSError, OverflowError) as error:
            if wanted is not None:
                said = getattr(error, "strerror", None) or error
                raise RunError(f"port {wanted} cannot be used: {said}. Leave --port out for a free one") from error
    raise RunError(f"no free port on {host}")
