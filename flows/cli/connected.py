"""The Prefect server of the commands that schedule."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from descent.flows.machine.environment import quiet

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from descent.flows.prefect_server.server import Server


@contextmanager
def connected() -> "Iterator[tuple[SyncPrefectClient, Server]]":
    """A client of the Prefect server: the local one, or the one that ``PREFECT_API_URL`` names."""
    from descent.flows.prefect_server.connection import connect, session, wait_connected
    from descent.flows.schedules.pools import client

    quiet()
    server = connect()
    wait_connected(server)
    with session(server, lambda line: print(line, file=sys.stderr, flush=True)), client() as made:
        yield made, server
