"""Stands for the servers of company A (docs/two-companies.md). Knows nothing of keys and policies."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Servers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        # The gate says who calls; a caller cannot.
        said = {"done": self.headers.get("x-acs-action"), "by": self.headers.get("x-ramgate-principal")}
        body = json.dumps(said).encode() + b"\n"
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


servers = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Servers)
print("listening", flush=True)
servers.serve_forever()
