"""Where messages of a test arrive."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer


class Inbox:
    """Takes the JSON that is sent to its URL, on the loopback address."""

    def __init__(self) -> None:
        taken = self.taken = []  # type: list[dict[str, Any]]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                taken.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/a-secret-path"


@contextmanager
def inbox() -> Iterator[Inbox]:
    """An inbox as long as the context is open."""
    made = Inbox()
    yield made
    made.server.shutdown()
    made.server.server_close()
