"""The service of the tutorial (../tutorial-own-service.md): orders in memory. Knows nothing of keys and policies."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ORDERS = {"7": {"item": "lamp", "amount": 2}, "8": {"item": "desk", "amount": 1}}


class Orders(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        match self.path.split("?")[0].strip("/").split("/"):
            case ["v1", "health"]:
                self.answer(200, {"alive": True})
            case ["v1", "orders"]:
                self.answer(200, {"orders": sorted(ORDERS)})
            case ["v1", "orders", number] if number in ORDERS:
                # The gate says who calls; a caller cannot.
                self.answer(200, ORDERS[number] | {"read_by": self.headers.get("x-ramgate-principal")})
            case _:
                self.answer(404, {"error": "no such order"})

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        match self.path.strip("/").split("/"):
            case ["v1", "orders"]:
                number = str(max(map(int, ORDERS), default=0) + 1)
                ORDERS[number] = json.loads(body)
                self.answer(201, {"order": number})
            case ["v1", "orders", number, "ship"] if number in ORDERS:
                self.answer(200, {"shipped": number})
            case _:
                self.answer(404, {"error": "no such order"})

    def do_DELETE(self):
        match self.path.strip("/").split("/"):
            case ["v1", "orders", number] if ORDERS.pop(number, None):
                self.answer(200, {"deleted": number})
            case _:
                self.answer(404, {"error": "no such order"})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Orders).serve_forever()
