"""A web server on this computer that can misbehave."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """What the server gives, how it behaves, and what it was asked."""

    def __init__(self):
        self.root = ""
        self.files = {}
        """Contents by their path."""
        self.tag = '"first"'
        """The mark of all contents; "" for a server that gives none."""
        self.knows_ranges = True
        self.kind = "application/octet-stream"
        self.cuts = []
        """After how many bytes the first answers break off; whole ones follow."""
        self.asked = []
        """Path and range of each question."""
        self.half = threading.Event()
        """Until this is set, no answer goes beyond its first half."""
        self.half.set()

    def answer(self, path, wishes):
        """Return content and the first byte of it that is asked for."""
        wish = wishes.get("Range")
        self.asked.append((path, wish))
        ranged = wish and self.knows_ranges and wishes.get("If-Range") == self.tag
        begin = int(wish.removeprefix("bytes=").removesuffix("-")) if ranged else 0
        return self.files.get(path), begin


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self):
        content, begin = self.site.answer(self.path, self.headers)
        if content is None or begin >= len(content):
            self.send_error(404 if content is None else 416)
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        if self.site.tag:
            self.send_header("ETag", self.site.tag)
        self.send_header("Content-Type", self.site.kind)
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        self._give(content[begin:][: self.site.cuts.pop(0) if self.site.cuts else None])

    def _give(self, content):
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        self.site.half.wait(30)
        self.wfile.write(content[len(content) // 2 :])

    def log_message(self, format, *args):  # noqa: A002
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Say nothing of a client that has gone away."""


@contextmanager
def serving():
    """Yield a site that is on the web until the end."""
    site = Site()
    handler = type("Handler", (_Handler,), {"site": site})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        site.root = f"http://127.0.0.1:{server.server_port}"
        yield site
        site.half.set()
        server.shutdown()
        thread.join()
