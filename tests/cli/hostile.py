#!/usr/bin/python3
"""hostile.py SOCKET WHAT: a caller who means no good, or is not well. Prints what it was told.

call WORD...    a plain call, for comparison: prints what came, and the status
garbage         bytes that are no frames
half            the beginning of a call, then nothing: waits until the other side ends it
liar            a call that says who calls
answers         answers that nobody asked for
long            a frame that is longer than allowed
early           closes in the middle of a frame
flood           as many connections as can be had, which say nothing; says how many were refused
deaf WORD...    a call whose answer is not read until a line comes on standard input
gone WORD...    a call that is left in the middle: says `begun`, and closes once a line comes
stop WORD...    a call that is asked to stop once a line comes, many times
"""
import json
import socket
import struct
import sys


def frame(kind, payload=b''):
    return kind + struct.pack('<I', len(payload)) + payload


def call(words, **more):
    said = {'version': 1, 'words': words, 'can-ask': False, 'colour-out': False, 'colour-err': False, 'columns': 0}
    return frame(b'C', json.dumps({**said, **more}).encode())


def connect(path):
    line = socket.socket(socket.AF_UNIX)
    line.connect(path)
    line.settimeout(60)
    return line


def receive(line):
    """All frames until the end, as (kind, bytes)."""
    data = b''
    while True:
        try:
            more = line.recv(65536)
        except ConnectionResetError:
            more = b''
        if not more:
            return
        data += more
        while len(data) >= 5 and len(data) >= 5 + struct.unpack('<I', data[1:5])[0]:
            size = 5 + struct.unpack('<I', data[1:5])[0]
            yield data[:1].decode(), data[5:size]
            data = data[size:]


def show(line):
    status = 'none'
    for kind, data in receive(line):
        if kind == 'S':
            status = data.decode()
        else:
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
    print('status', status)


def main():
    path, what, words = sys.argv[1], sys.argv[2], sys.argv[3:]
    if what == 'flood':
        lines = [connect(path) for _ in range(12)]
        refused = 0
        for line in lines:
            line.settimeout(1)
            try:
                refused += b'too many' in line.recv(1000)
            except TimeoutError:
                pass
        print('refused', refused)
        return
    line = connect(path)
    if what == 'call':
        line.sendall(call(words))
    elif what == 'garbage':
        line.sendall(b'GET / HTTP/1.0\r\n\r\n' * 100)
    elif what == 'half':
        line.sendall(call(['board'])[:20])
    elif what == 'liar':
        line.sendall(frame(b'U', json.dumps({'version': 1, 'name': 'root', 'is-admin': True, 'home': '/', 'server': 1}).encode())
                     + call(['gc']))
    elif what == 'believed':
        line.sendall(call(['gc'], name='root', **{'is-admin': True, 'home': '/'}))
    elif what == 'answers':
        line.sendall(call(['board']) + frame(b'A', b'yes') * 3)
    elif what == 'long':
        line.sendall(b'C\xff\xff\xff\x7f' + b'{' * 1000)
    elif what == 'version':
        line.sendall(call(['board'], version=2))
    elif what == 'early':
        line.sendall(call(['board'])[:-3])
        line.close()
        return
    else:
        line.sendall(call(words))
        print('begun', flush=True)
        sys.stdin.readline()
        if what == 'gone':
            line.close()
            return
        if what == 'stop':
            line.sendall(frame(b'X') * 3)
    show(line)


main()
