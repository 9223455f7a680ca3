"""A service of Python's standard library. usage: python3 service.py clean|leak

Each request is parsed and answered with JSON, and is forgotten; the leak keeps 1 KiB of each."""
import gc
import http.server
import json
import os
import sys

LEAKS = sys.argv[1:] == ["leak"]
kept = []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        rows = json.loads(json.dumps([{"id": n, "name": "row %d" % n} for n in range(50)]))
        if LEAKS:
            kept.append(bytearray(1024))
        self.answer({"path": self.path, "rows": rows})

    def do_POST(self):  # /gc
        self.answer({"unreachable": gc.collect()})

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
