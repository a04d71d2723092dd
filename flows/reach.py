"""Whether the server that a variable names is there: asked at once, instead of after a library's patience."""

import socket
from urllib.parse import urlsplit

from .errors import RunError


def reach(url: str, variable: str, remedy: str) -> None:
    """Return if something listens at the address of ``url``, which stands in ``variable``.

    Raises:
        RunError: nothing does; the message ends with ``remedy``.
    """
    from urllib.request import getproxies, proxy_bypass

    address = urlsplit(url)
    host, port = address.hostname or "", address.port or (443 if address.scheme == "https" else 80)
    if address.scheme in getproxies() and not proxy_bypass(host):
        return  # only the proxy can say
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as error:
        raise RunError(
            f"{variable} is {url}, but {host}:{port} cannot be reached: {error.strerror or error}. {remedy}"
        ) from error
