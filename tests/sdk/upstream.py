"""The service behind the gate: answers every call in the form its SDK expects and keeps what arrived.

It verifies nothing and knows no keys. It listens on loopback only.
"""
import http.server
import json
import queue
import threading
import urllib.parse
from dataclasses import dataclass

REQUEST_ID = "1D0A6C52-0000-4000-8000-00000000A001"


@dataclass(frozen=True)
class Seen:
    """One request, as it arrived."""
    method: str
    target: str
    headers: list          # (name, value) in wire order
    body: bytes

    def values(self, name):
        return [value for key, value in self.headers if key.lower() == name]

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query(self):
        return pairs(self.target.partition("?")[2])

    @property
    def form(self):
        kind = "".join(self.values("content-type"))
        return pairs(self.body.decode()) if kind.lower().startswith("application/x-www-form-urlencoded") else []


def pairs(text):
    return urllib.parse.parse_qsl(text, keep_blank_values=True)


def answer_for(method, path):
    """Function Compute paths begin with the API version; everything else is an RPC call."""
    if not path.startswith("/2023-03-30/"):
        return {"RequestId": REQUEST_ID}
    if method == "GET" and path.endswith("/functions"):
        return {"functions": []}
    return {"functionName": "hello"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "stub"
    disable_nagle_algorithm = True

    def handle_any(self):
        body = self.read_chunks() if self.headers.get("Transfer-Encoding") else self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.put(Seen(self.command, self.path, self.headers.items(), body))
        data = json.dumps(answer_for(self.command, self.path.partition("?")[0])).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-acs-request-id", REQUEST_ID)
        self.end_headers()
        self.wfile.write(data)

    def read_chunks(self):
        parts = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def log_message(self, *arguments):
        pass


class Upstream(http.server.ThreadingHTTPServer):
    """Runs in a thread of this process; `take` hands out what has arrived since it was last asked."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = queue.SimpleQueue()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def take(self):
        # A request is put here before it is answered, so whatever the SDK got an answer for is already in.
        found = []
        while not self.seen.empty():
            found.append(self.seen.get())
        return found
