"""A supervisor of the test's own, in a directory of its own, and the lines of TAP."""
import getpass
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import xmlrpc.client

sys.path.insert(0, '/usr/lib/python3/dist-packages')
from supervisor.xmlrpc import SupervisorTransport  # noqa: E402  pylint: disable=wrong-import-position

HEAD = """[supervisord]
nodaemon=true
logfile=%(dir)s/supervisord.log
pidfile=%(dir)s/supervisord.pid
childlogdir=%(dir)s
user=%(user)s
[unix_http_server]
file=%(dir)s/sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(dir)s/sock
"""


class Supervisor:
    """Runs @program with @text behind the usual sections until the block ends."""

    def __init__(self, program, text, level='info', before=(), user=None):
        """@before is what the program is started by, as words of a command."""
        self.user = user or getpass.getuser()
        self.scratch = tempfile.TemporaryDirectory(prefix='sv')
        self.dir = self.scratch.name
        self.config = os.path.join(self.dir, 'supervisord.conf')
        self.command = [*before, program, '-c', self.config]
        self.write(text, level)
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.seen = []
        self.lines = queue.SimpleQueue()
        self.reader = threading.Thread(target=self.collect)
        self.reader.start()
        self.wait_log('supervisord started')

    def write(self, text, level='info'):
        head = HEAD % {'dir': self.dir, 'user': self.user}
        with open(self.config, 'w', encoding='utf-8') as out:
            out.write(head.replace('nodaemon=true', 'nodaemon=true\nloglevel=' + level) + text.replace('@DIR@', self.dir))

    def wait_log(self, *words):
        """Reads the supervisor's log until a line has all the words; returns the line."""
        while (line := self.lines.get()) is not None:
            self.seen.append(line)
            if all(word in line for word in words):
                return line
        raise RuntimeError('the supervisor ended: ' + ''.join(self.seen[-5:]))

    def collect(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def rest(self):
        """What the log says from here to its end."""
        text = ''
        while (line := self.lines.get()) is not None:
            text += line
        return text

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.scratch.cleanup()


def proxy(supervisor):
    transport = SupervisorTransport('', '', 'unix://%s/sock' % supervisor.dir)
    return xmlrpc.client.ServerProxy('http://127.0.0.1', transport)


def fault_of(call, *args):
    try:
        call(*args)
    except xmlrpc.client.Fault as fault:
        return fault.faultCode, fault.faultString
    return None


def raw(supervisor, data):
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(supervisor.dir + '/sock')
    peer.sendall(data)
    answer = b''
    while piece := peer.recv(65536):
        answer += piece
    peer.close()
    return answer


class Tap:
    def __init__(self):
        self.count = 0
        self.failures = 0

    def ok(self, good, name, *notes):
        self.count += 1
        self.failures += not good
        print('%sok %d - %s' % ('' if good else 'not ', self.count, name), flush=True)
        for note in notes if not good else ():
            for line in str(note).splitlines() or ['']:
                print('# ' + line, flush=True)

    def equal(self, got, want, name):
        self.ok(got == want, name, 'got:  %r' % (got,), 'want: %r' % (want,))

    def skip(self, name, why):
        self.count += 1
        print('ok %d - %s # SKIP %s' % (self.count, name, why), flush=True)

    def done(self):
        """Ends the program too when a check failed: who runs one file alone sees it by the status."""
        print('1..%d' % self.count, flush=True)
        if self.failures:
            sys.exit(1)
