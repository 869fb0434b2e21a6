"""Between the SDKs and the gate: a relay that every request of every SDK passes as bytes, so that one call can be spoilt
on its way whatever language or HTTP library signed it.

A connection of an SDK is a connection to the gate; what is not spoilt goes through byte for byte.
"""
import contextlib
import socket
import socketserver
import threading
from dataclasses import dataclass, replace

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Request:
    """A signed request on its way. `raw` is what the SDK sent; a changed one is written anew, with a length for its body."""
    method: str
    target: str
    headers: tuple         # (name, value) in wire order
    body: bytes
    raw: bytes = b""

    def wire(self):
        if self.raw:
            return self.raw
        kept = [(name, value) for name, value in self.headers if name.lower() not in ("content-length", "transfer-encoding")]
        lines = ["%s %s HTTP/1.1" % (self.method, self.target)] + ["%s: %s" % item for item in kept + [("Content-Length", len(self.body))]]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


# ------------------------------------------------------------------ ways to spoil a signed request: what goes out instead
def untouched(request):
    return [request]


def replayed(request):
    return [request, request]


def with_query(text):
    return lambda request: [replace(request, raw=b"", target=request.target + ("&" if "?" in request.target else "?") + text)]


def with_target(old, new):
    return lambda request: [replace(request, raw=b"", target=request.target.replace(old, new))]


def with_body(text):
    return lambda request: [replace(request, raw=b"", body=request.body + text)]


def with_header(name, value):
    """Sets a header, in place of what was there."""
    def spoil(request):
        kept = tuple(item for item in request.headers if item[0].lower() != name.lower())
        return [replace(request, raw=b"", headers=kept + ((name, value),))]
    return spoil


# ------------------------------------------------------------------ the relay
class Stream:
    """Reads HTTP/1.1 messages off a connection and keeps the bytes."""

    def __init__(self, connection):
        self.file = connection.makefile("rb")

    def head(self):
        """First line, headers and the bytes; None at the end of the connection."""
        raw = line = self.file.readline()
        if not line:
            return None
        first, headers = line.decode("latin-1").rstrip("\r\n"), []
        while (line := self.file.readline()) not in (b"\r\n", b"\n", b""):
            raw += line
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name, value.strip()))
        return first, headers, raw + line

    def body(self, headers):
        """The body after transfer decoding, and its bytes. No length means no body."""
        fields = {name.lower(): value for name, value in headers}
        if fields.get("transfer-encoding", "").lower() == "chunked":
            return self.chunks()
        data = self.file.read(int(fields.get("content-length") or 0))
        return data, data

    def chunks(self):
        data = raw = b""
        while True:
            line = self.file.readline()
            size = int(line.partition(b";")[0], 16)
            chunk = self.file.read(size)
            end = self.file.readline()
            raw, data = raw + line + chunk + end, data + chunk
            if size == 0:
                return data, raw


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError), self.server.connect() as gate:
            sdk, answers = Stream(self.request), Stream(gate)
            while request := self.read(sdk):
                raw = b""
                for going in self.server.spoil(request):
                    gate.sendall(going.wire())
                    raw = self.answer(answers, going)
                self.request.sendall(raw)

    def read(self, sdk):
        head = sdk.head()
        if not head:
            return None
        method, target, _ = head[0].split(" ", 2)
        body, raw = sdk.body(head[1])
        self.server.sent += 1
        return Request(method, target, tuple(head[1]), body, head[2] + raw)

    def answer(self, answers, request):
        head = answers.head()
        if not head:
            raise ConnectionError("the gate closed the connection without an answer")
        status = int(head[0].split(" ")[1])
        self.server.statuses.append(status)
        return head[2] + (b"" if request.method == "HEAD" or status == 204 else answers.body(head[1])[1])


class Relay(socketserver.ThreadingTCPServer):
    """Runs in a thread of this process, on loopback only."""
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, gate_port):
        super().__init__(("127.0.0.1", 0), Handler)
        self.gate_port, self.spoil = gate_port, untouched
        self.sent = 0              # requests that the SDKs have put on the wire
        self.statuses = []         # of the answers of the current call
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.gate_port), TIMEOUT_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    @contextlib.contextmanager
    def spoiling(self, spoil=None):
        self.spoil, self.statuses = spoil or untouched, []
        try:
            yield
        finally:
            self.spoil = untouched
