#!/usr/bin/env python3
"""Stands in for ssh where a test puts it: answers SFTP (version 3) for the files of this machine, by the host's name.
`kind` does as it should, `grudging` gives half of what is asked and answers backwards, `greeting` prints words first,
`stranger` is refused, `silent` says nothing, `confused` answers what was not asked, `endless` sends packets without end,
`stalling` says no more in the middle, and makes the file $SSH_CALLS.stalled. Each call is a line in the file $SSH_CALLS."""
import os
import struct
import sys
import threading

VERSION, INIT, OPEN, CLOSE, READ, STAT = 2, 1, 3, 4, 5, 17
STATUS, HANDLE, DATA, ATTRIBUTES = 101, 102, 103, 105
EOF, NO_SUCH_FILE = 1, 2
STALLS_AFTER = 2_900_000


def text(value):
    return struct.pack(">I", len(value)) + value


def status(code):
    return struct.pack(">I", code) + text(b"so it is") + text(b"")


class Server:
    def __init__(self, host):
        self.host = host
        self.files = {}
        self.held = []
        self.sent = 0

    def read(self, count):
        data = sys.stdin.buffer.read(count)
        if len(data) < count:
            sys.exit(0)
        return data

    def send(self, kind, number, body):
        packet = struct.pack(">BI", kind, number) + body
        self.sent += len(packet)
        sys.stdout.buffer.write(struct.pack(">I", len(packet)) + packet)

    def answer(self, kind, number, body):
        if self.host == "stalling" and self.sent > STALLS_AFTER:
            os.close(os.open(os.environ["SSH_CALLS"] + ".stalled", os.O_CREAT | os.O_WRONLY))
            threading.Event().wait()
        if kind == INIT:
            self.send(VERSION, number, b"")
        elif kind == CLOSE:
            del self.files[body[4:]]
            self.send(STATUS, number, status(0))
        elif kind == READ:
            size = struct.unpack(">I", body[:4])[0]
            handle = body[4 : 4 + size]
            offset, count = struct.unpack(">QI", body[4 + size :])
            data = os.pread(self.files[handle].fileno(), count, offset)
            if self.host == "grudging" and count > 1:
                data = data[: count // 2]
            self.send(DATA, number, text(data)) if data else self.send(STATUS, number, status(EOF))
        else:
            size = struct.unpack(">I", body[:4])[0]
            path = body[4 : 4 + size]
            try:
                if kind == STAT:
                    self.send(ATTRIBUTES, number, struct.pack(">IQ", 1, os.stat(path).st_size))
                else:
                    handle = b"%d" % number
                    self.files[handle] = open(path, "rb")
                    self.send(HANDLE, number, text(handle))
            except FileNotFoundError:
                self.send(STATUS, number, status(NO_SUCH_FILE))

    def run(self):
        while True:
            size = struct.unpack(">I", self.read(4))[0]
            kind, number = struct.unpack(">BI", self.read(5))
            body = self.read(size - 5)
            if self.host == "confused" and kind != INIT:
                number += 1000
            self.answer(kind, number, body)
            sys.stdout.buffer.flush()


def main():
    with open(os.environ["SSH_CALLS"], "a", encoding="utf-8") as calls:
        calls.write(" ".join(sys.argv[1:]) + "\n")
    host = sys.argv[-2].rsplit("@", 1)[-1]
    if host == "real":
        os.execv("/usr/lib/openssh/sftp-server", ["sftp-server"])
    if host == "stranger":
        sys.exit("me@stranger: Permission denied (publickey).")
    if host == "greeting":
        print("Welcome to this machine!", flush=True)
    if host == "silent":
        threading.Event().wait()
    if host == "endless":
        while True:
            sys.stdout.buffer.write(struct.pack(">IBI", 5, STATUS, 7))
    Server(host).run()


main()
