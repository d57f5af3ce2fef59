#!/usr/bin/env python3
"""server.py FOLDER FILE: gives out FOLDER, on a port that it writes to FILE. The first part of a path may ask for
an unkind server instead: /elsewhere/ redirects, /endless/ never stops, /silent/ never answers, /cut/ sends half,
/wrong/ sends other bytes, /closed/ hides all, /broken/ fails."""
import functools
import http.server
import os
import sys
import threading

CHUNK = 65536


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def endless(self):
        self.close_connection = True
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * CHUNK)
        except ConnectionError:
            pass

    def do_GET(self):
        mode, rest = (self.path.lstrip("/").split("/", 1) + [""])[:2]
        body = b""
        if mode in ("cut", "wrong"):
            with open(os.path.join(self.directory, rest), "rb") as file:
                body = file.read()
        # The small texts come as they are: what is unkind is what they name.
        unkind = not rest.endswith("/offer")
        if mode == "elsewhere":
            self.answer(302, Location="http://elsewhere.invalid/" + rest)
        elif mode == "endless" and unkind:
            self.endless()
        elif mode == "silent":
            threading.Event().wait()
        elif mode == "cut" and unkind:
            self.close_connection = True
            self.answer(200, body[: len(body) // 2], len(body))
        elif mode == "wrong":
            self.answer(200, bytes(byte ^ 1 for byte in body) if unkind else body)
        elif mode == "closed":
            self.answer(403)
        elif mode == "broken":
            self.answer(500, b"sorry")
        elif mode in ("cut", "endless"):
            self.path = "/" + rest
            super().do_GET()
        else:
            super().do_GET()


def main():
    folder, file = sys.argv[1:]
    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        with open(file + ".new", "w", encoding="utf-8") as port:
            port.write(f"{server.server_address[1]}\n")
        os.rename(file + ".new", file)
        server.serve_forever()


main()
