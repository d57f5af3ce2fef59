#!/usr/bin/python3
"""Everything at once, again and again, and the supervisor lives: kills, garbage, full disks, reloads, slow clients.

  supervise.py SUPERVISORD [SECONDS [SEED]]

With SECONDS it goes on for so long, else for a few rounds. The seed is said, and can be given again.
"""
import os
import random
import resource
import signal
import socket
import sys
import time
import xmlrpc.client

sys.path.insert(0, '/usr/lib/python3/dist-packages')
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'compat'))
from supervisor.xmlrpc import SupervisorTransport  # noqa: E402  pylint: disable=wrong-import-position
from support import Supervisor, Tap  # noqa: E402  pylint: disable=wrong-import-position

ROUNDS = 12
STEADY = 20
LISTENER = """
import sys
while True:
    sys.stdout.write('READY\\n'); sys.stdout.flush()
    head = dict(pair.split(':') for pair in sys.stdin.readline().split())
    sys.stdin.read(int(head['len']))
    sys.stdout.write('RESULT 2\\nOK'); sys.stdout.flush()
"""
TEXT = """
[program:steady]
command=/bin/cat
process_name=%%(program_name)s%%(process_num)d
numprocs=%d
startsecs=0
autorestart=true
[program:crasher]
command=/bin/false
process_name=%%(program_name)s%%(process_num)d
numprocs=3
startsecs=0
autorestart=true
stdout_logfile=NONE
stderr_logfile=NONE
[program:quick]
command=/bin/false
startretries=1000000
[program:full]
command=/bin/bash -c "while :; do echo line after line; read -t 0.01 line; done"
startsecs=0
stdout_logfile=@DIR@/full.log
stdout_logfile_maxbytes=0
[program:chatty]
command=/bin/bash -c "while :; do for i in {1..200}; do echo line $i; done; read -t 0.02 line; done"
startsecs=0
stdout_logfile=@DIR@/chatty.log
stdout_logfile_maxbytes=100KB
stdout_logfile_backups=2
[eventlistener:good]
command=/usr/bin/python3 -u @DIR@/listener.py
events=EVENT
buffer_size=50
[eventlistener:deaf]
command=/bin/sleep 100000
events=EVENT
[program:changing]
command=/bin/sleep %d
startsecs=0
"""


class Torture:
    def __init__(self, supervisor, dice):
        self.supervisor, self.dice = supervisor, dice
        self.path = supervisor.dir + '/sock'
        self.slow = []
        self.pid = supervisor.process.pid

    def rpc(self):
        """A connection of its own for each call: a client that was dropped for another is no fault."""
        transport = SupervisorTransport('', '', 'unix://' + self.path)
        return xmlrpc.client.ServerProxy('http://127.0.0.1', transport)

    def connect(self):
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(30)
        peer.connect(self.path)
        return peer

    def children(self):
        with open('/proc/%d/task/%d/children' % (self.pid, self.pid), encoding='ascii') as file:
            return [int(pid) for pid in file.read().split()]

    def kill(self):
        for pid in self.dice.sample(self.children(), 5):
            try:
                os.kill(pid, self.dice.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV)))
            except ProcessLookupError:
                continue

    def garbage(self):
        for _ in range(10):
            with self.connect() as peer:
                body = self.dice.randbytes(self.dice.randrange(1, 5000))
                head = b'POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n' % len(body)
                try:
                    peer.sendall(self.dice.choice((b'', head, head[:30])) + body)
                except (BrokenPipeError, ConnectionResetError):
                    continue

    def slow_clients(self):
        """Some ask and never read, some never end their question. The old ones stay until they are pushed out."""
        body = xmlrpc.client.dumps((), 'supervisor.getAllProcessInfo').encode()
        whole = b'POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n' % len(body) + body
        for _ in range(20):
            peer = self.connect()
            try:
                peer.sendall(self.dice.choice((whole, whole * 5, whole[:-20], b'P')))
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.slow.append(peer)
        while len(self.slow) > 100:
            self.slow.pop(0).close()

    def reload(self):
        self.supervisor.write(TEXT % (STEADY, self.dice.randrange(1000, 9000)))
        changed = self.rpc().supervisor.reloadConfig()[0][1]
        for name in changed:
            self.rpc().supervisor.stopProcessGroup(name)
            self.rpc().supervisor.removeProcessGroup(name)
            self.rpc().supervisor.addProcessGroup(name)

    def bad_reload(self):
        self.supervisor.write('[program:broken]\nstartsecs=x\n')
        try:
            self.rpc().supervisor.reloadConfig()
            raise RuntimeError('a bad configuration was taken')
        except xmlrpc.client.Fault:
            self.supervisor.write(TEXT % (STEADY, 1000))

    def few_descriptors(self):
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir('/proc/%d/fd' % self.pid))
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (used + 1, hard))
        self.kill()
        self.slow_clients()
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (hard, hard))

    def reopen(self):
        os.kill(self.pid, signal.SIGUSR2)

    def control(self):
        name = 'steady:steady%d' % self.dice.randrange(STEADY)
        for call in (self.rpc().supervisor.stopProcess, self.rpc().supervisor.startProcess):
            try:
                call(name)
            except xmlrpc.client.Fault:
                continue

    def round(self):
        steps = [self.kill, self.garbage, self.slow_clients, self.reload, self.bad_reload, self.few_descriptors,
                 self.reopen, self.control]
        self.dice.shuffle(steps)
        for step in steps:
            step()
            began = time.monotonic()
            if self.rpc().supervisor.getState()['statename'] != 'RUNNING':
                raise RuntimeError('it does not run after ' + step.__name__)
            self.slowest = max(self.slowest, time.monotonic() - began)

    slowest = 0.0

    def settled(self):
        for peer in self.slow:
            peer.close()
        self.slow = []
        wanted = {'steady%d' % i for i in range(STEADY)} | {'full', 'chatty', 'good', 'deaf', 'changing'}
        for name in sorted(wanted):
            name = 'steady:' + name if name.startswith('steady') else name
            try:
                self.rpc().supervisor.startProcess(name)
            except xmlrpc.client.Fault:
                continue
        while wanted - {info['name'] for info in self.rpc().supervisor.getAllProcessInfo()
                        if info['statename'] == 'RUNNING'}:
            time.sleep(0.05)

    def memory(self):
        with open('/proc/%d/smaps_rollup' % self.pid, encoding='ascii') as file:
            return next(int(line.split()[1]) for line in file if line.startswith('Private_Dirty:'))

    def descriptors(self):
        """Without those of crashers, which come and go."""
        self.rpc().supervisor.stopProcessGroup('crasher')
        count = len(os.listdir('/proc/%d/fd' % self.pid))
        self.rpc().supervisor.startProcessGroup('crasher')
        return count


def main():
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 0
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 30)
    print('# seed %d' % seed, flush=True)
    tap = Tap()
    with Supervisor(sys.argv[1], '') as supervisor:
        with open(supervisor.dir + '/listener.py', 'w', encoding='ascii') as out:
            out.write(LISTENER)
        os.symlink('/dev/full', supervisor.dir + '/full.log')
        torture = Torture(supervisor, random.Random(seed))
        supervisor.write(TEXT % (STEADY, 1000))
        for name in torture.rpc().supervisor.reloadConfig()[0][0]:
            torture.rpc().supervisor.addProcessGroup(name)
        for _ in range(3):
            torture.round()
        torture.settled()
        memory, descriptors = torture.memory(), torture.descriptors()
        began, rounds = time.monotonic(), 0
        while rounds < ROUNDS or time.monotonic() - began < seconds:
            torture.round()
            rounds += 1
        torture.settled()
        print('# %d rounds, the slowest answer took %.0f ms' % (rounds, torture.slowest * 1e3))
        tap.ok(True, 'everything runs again after kills, garbage, a full disk, reloads and slow clients')
        tap.ok(torture.slowest < 5, 'whoever asks is answered in the midst of it', torture.slowest)
        now = torture.memory()
        tap.ok(now < memory + 2048, 'memory does not grow', 'KiB before: %d, now: %d' % (memory, now))
        now = torture.descriptors()
        tap.ok(now <= descriptors + 2, 'descriptors are not lost', 'before: %d, now: %d' % (descriptors, now))
        torture.rpc().supervisor.shutdown()
        tap.equal(supervisor.process.wait(), 0, 'it ends in good order')
    tap.done()


main()
