"""One HTTP request, described by JSON in the first argument; answers with JSON. Run where the ports are."""

import base64
import json
import sys
import urllib.error
import urllib.request


def ask(url: str, login: list[str] | None, body: object, method: str | None) -> dict[str, object]:
    """Make the request; an HTTP error is an answer too."""
    headers = {"content-type": "application/json"}
    if login:
        headers["authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return {"status": answer.status, "text": answer.read().decode()}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "text": error.read().decode(errors="replace")}


if __name__ == "__main__":
    print(json.dumps(ask(**json.loads(sys.argv[1]))))
