#!/usr/bin/python3
"""A program whose exec hangs, as on a file system that does not answer, holds neither the others nor the supervisor.

  starts.py SUPERVISORD
"""
import ctypes
import os
import select
import shutil
import struct
import sys
import tempfile

sys.path.insert(0, '/usr/lib/python3/dist-packages')
from supervisor.xmlrpc import SupervisorTransport  # noqa: E402  pylint: disable=wrong-import-position
import xmlrpc.client  # noqa: E402  pylint: disable=wrong-import-position
from support import Supervisor, Tap  # noqa: E402  pylint: disable=wrong-import-position

FAN_CLOEXEC, FAN_CLASS_CONTENT, FAN_MARK_ADD, FAN_OPEN_EXEC_PERM, FAN_ALLOW, AT_FDCWD = 0x1, 0x4, 0x1, 0x40000, 0x1, -100
EVENT = struct.Struct('=IBBHQii')
NAME = 'a-program-that-hangs-in-its-exec-holds-nobody-up'


class Held:
    """A program whose exec waits until it is let go."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.fanotify_init(FAN_CLOEXEC | FAN_CLASS_CONTENT, os.O_RDONLY)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), 'fanotify_init')
        if libc.fanotify_mark(self.fd, FAN_MARK_ADD, ctypes.c_uint64(FAN_OPEN_EXEC_PERM), AT_FDCWD, path.encode()) < 0:
            raise OSError(ctypes.get_errno(), 'fanotify_mark')

    def wait(self):
        """Until somebody wants to run it: the descriptor to answer by."""
        select.select([self.fd], [], [])
        return EVENT.unpack(os.read(self.fd, EVENT.size))[5]

    def allow(self, event):
        os.write(self.fd, struct.pack('=iI', event, FAN_ALLOW))
        os.close(event)


def hangs(program, tap, path, held):
    text = """
[program:held]
command=%s infinity
startsecs=0
priority=1
autostart=false
[program:other]
command=/bin/cat
startsecs=0
autostart=false
[program:many]
command=/bin/cat
process_name=%%(program_name)s%%(process_num)d
numprocs=20
startsecs=0
""" % path
    with Supervisor(program, text) as supervisor:
        transport = SupervisorTransport('', '', 'unix://%s/sock' % supervisor.dir)
        rpc = xmlrpc.client.ServerProxy('http://127.0.0.1', transport).supervisor
        rpc.startProcess('held', False)
        event = held.wait()
        pid = rpc.getProcessInfo('held')['pid']
        ours, its = (max(map(int, os.listdir('/proc/%d/fd' % one))) for one in (supervisor.process.pid, pid))
        tap.ok(its < 64 < ours, 'and-it-has-not-copied-the-descriptors-of-the-others', ours, its)
        tap.equal(rpc.startProcess('other'), True, NAME)
        tap.equal(os.readlink('/proc/%d/exe' % pid), os.path.realpath(program), 'it-has-not-come-to-its-exec-meanwhile')
        held.allow(event)
        while os.readlink('/proc/%d/exe' % pid) != path:
            os.sched_yield()
        tap.equal(rpc.stopProcess('held'), True, 'once-let-go-it-is-a-process-like-others')
        rpc.startProcess('held', False)
        event = held.wait()
        rpc.stopProcess('held', False)
        held.allow(event)
        supervisor.wait_log('stopped: held', 'SIGTERM')
        tap.ok(True, 'what-is-stopped-before-its-exec-ends-with-it')
        os.close(held.fd)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as scratch:
        path = scratch + '/sleep'
        shutil.copy('/bin/sleep', path)
        try:
            held = Held(path)
        except OSError as problem:
            print('1..1\nok 1 - %s # SKIP %s' % (NAME, problem))
            return
        hangs(sys.argv[1], tap, path, held)
    tap.done()


main()
