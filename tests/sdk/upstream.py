"""The service behind the gate: keeps what arrived, and answers every call in the form its SDK expects. On loopback only."""
import http.server
import queue
import threading
import urllib.parse
from dataclasses import dataclass

import answers
from answers import Refusing

__all__ = ["Refusing", "Seen", "Upstream"]


@dataclass(frozen=True)
class Seen:
    """One request, as it arrived."""
    method: str
    target: str
    headers: list          # (name, value) in wire order
    body: bytes

    def values(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

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


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "stub"
    disable_nagle_algorithm = True

    def handle_any(self):
        try:
            body = self.read_chunks() if self.headers.get("Transfer-Encoding") else self.read_exactly(int(self.headers.get("Content-Length") or 0))
        except EOFError:
            # The gate streams large bodies and breaks off when they are not what was signed: nothing has arrived then.
            self.close_connection = True
            return
        # Headers are UTF-8 here: that is what SDKs send in metadata.
        headers = [(name, value.encode("latin-1").decode(errors="replace")) for name, value in self.headers.items()]
        answer = self.server.answer(Seen(self.command, self.path, headers, body))
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def read_exactly(self, size):
        data = self.rfile.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def read_chunks(self):
        parts = []
        while size := int(self.rfile.readline().partition(b";")[0] or b"-1", 16):
            if size < 0:
                raise EOFError
            parts.append(self.read_exactly(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

    def log_message(self, *arguments):
        pass


class Upstream(http.server.ThreadingHTTPServer):
    """Runs in a thread of this process; `take` hands out what has arrived since it was last asked.

    `signing`: secrets by key id, for Table Store answers when there is no gate to sign them.
    """
    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.signing, self.seen, self.refusing = {}, queue.SimpleQueue(), None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def refuse(self, refusing):
        """From now on, say this error (of the form of the service that is asked); None ends it. What is refused is not kept."""
        self.refusing = refusing

    def answer(self, seen):
        if self.refusing and self.seen.qsize() >= self.refusing.after:
            return answers.refusal(seen, self.refusing)
        # It is put here before it is answered, so whatever the SDK got an answer for is already in.
        self.seen.put(seen)
        return answers.answer(seen, self.signing)

    def take(self):
        found = []
        while not self.seen.empty():
            found.append(self.seen.get())
        return found
