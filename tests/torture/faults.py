#!/usr/bin/python3
"""The supervisor on a machine that runs out of everything, whose clock jumps, and whose programs crash all the time.

  faults.py SUPERVISORD FAULTS.SO [SEED]
"""
import mmap
import os
import random
import struct
import subprocess
import sys
import time
import xmlrpc.client

sys.path.insert(0, '/usr/lib/python3/dist-packages')
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'compat'))
from supervisor.xmlrpc import SupervisorTransport  # noqa: E402  pylint: disable=wrong-import-position
from support import Supervisor, Tap  # noqa: E402  pylint: disable=wrong-import-position

KINDS = ('clone', 'open', 'pipe', 'socket', 'accept', 'epoll', 'write', 'memory')
DAY = 86400
CRASHES = 10000
STEADY = 30
TEXT = """
[program:steady]
command=/bin/cat
process_name=%%(program_name)s%%(process_num)d
numprocs=%d
startsecs=0
startretries=1000000
autorestart=true
[program:ready]
command=/bin/cat
ready=unix:@DIR@/sock
startretries=1000000
startsecs=0
[program:checked]
command=/bin/cat
healthcheck=command:/bin/true
healthcheck_interval=1
healthcheck_retries=1000000
startretries=1000000
startsecs=0
[program:talker]
command=/bin/bash -c "i=0; while :; do echo $((i++)); read -t 0.005 line; done"
stdout_logfile=@DIR@/talker.log
stdout_logfile_maxbytes=20KB
startretries=1000000
startsecs=0
[program:changing]
command=/bin/sleep %d
startretries=1000000
startsecs=0
"""
LISTENER = """
import sys
while True:
    sys.stdout.write('READY\\n'); sys.stdout.flush()
    head = dict(pair.split(':') for pair in sys.stdin.readline().split())
    body = sys.stdin.read(int(head['len']))
    with open(sys.argv[1], 'a') as out:
        out.write(head['eventname'] + ' ' + body + '\\n')
    sys.stdout.write('RESULT 2\\nOK'); sys.stdout.flush()
"""


class Faulty(Supervisor):
    """A supervisor whose faults are in our hands."""

    def __init__(self, program, library, text, seed=1, old=0):
        self.library, self.seed, self.old = library, seed, old
        super().__init__(program, text)

    def start(self):
        with open(self.dir + '/listener.py', 'w', encoding='ascii') as out:
            out.write(LISTENER)
        with open(self.dir + '/faults', 'wb') as out:
            out.write(struct.pack('<19q', 0, self.seed, *[0] * 16, self.old))
        with open(self.dir + '/faults', 'r+b') as file:
            self.page = mmap.mmap(file.fileno(), 19 * 8)
        self.command = ['env', 'LD_PRELOAD=' + self.library, 'FAULTS=' + self.dir + '/faults'] + self.command
        super().start()

    def set_clock(self, seconds):
        self.page[0:8] = struct.pack('<q', seconds)

    def set_odds(self, **odds):
        self.page[16:80] = struct.pack('<8q', *[odds.get(kind, 0) for kind in KINDS])

    def counts(self):
        return dict(zip(KINDS, struct.unpack('<8q', self.page[80:144])))


def proxy(supervisor):
    transport = SupervisorTransport('', '', 'unix://%s/sock' % supervisor.dir)
    return xmlrpc.client.ServerProxy('http://127.0.0.1', transport)


def ask(supervisor, method, *args):
    """A call whose connection may be refused or dropped, as often as it takes; a fault is an answer."""
    while True:
        try:
            target = proxy(supervisor)
            for word in method.split('.'):
                target = getattr(target, word)
            return target(*args)
        except xmlrpc.client.Fault as fault:
            return fault
        except (OSError, xmlrpc.client.ProtocolError, xmlrpc.client.ResponseError, ValueError):
            if supervisor.process.poll() is not None:
                raise


def children(pid):
    with open('/proc/%d/task/%d/children' % (pid, pid), encoding='ascii') as file:
        return [int(word) for word in file.read().split()]


def cpu(pid):
    with open('/proc/%d/stat' % pid, encoding='utf-8') as file:
        words = file.read().rsplit(')', 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf('SC_CLK_TCK')


def kill_some(supervisor, dice, count):
    alive = children(supervisor.process.pid)
    for pid in dice.sample(alive, min(count, len(alive))):
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue


def all_run(supervisor):
    """Until every process runs and really is there; those that gave up are started again."""
    while True:
        infos = ask(supervisor, 'supervisor.getAllProcessInfo')
        for info in infos:
            if info['statename'] in ('FATAL', 'EXITED', 'STOPPED'):
                ask(supervisor, 'supervisor.startProcess', '%s:%s' % (info['group'], info['name']), False)
        if all(info['statename'] == 'RUNNING' for info in infos) and {
                info['pid'] for info in infos} <= set(children(supervisor.process.pid)):
            return len(infos)
        time.sleep(0.05)


def shortage(program, library, tap, dice):
    with Faulty(program, library, TEXT % (STEADY, 1000), dice.randrange(1, 1 << 30)) as supervisor:
        want = all_run(supervisor)
        before = len(os.listdir('/proc/%d/fd' % supervisor.process.pid))
        for kind in KINDS + ('all',):
            seen, turn = sum(supervisor.counts().values()), 0
            supervisor.set_odds(**{name: 300 if name == kind else 100 for name in KINDS if kind in (name, 'all')})
            while turn < 6 or sum(supervisor.counts().values()) == seen:
                turn += 1
                kill_some(supervisor, dice, 8)
                supervisor.process.send_signal(12)  # SIGUSR2: the logs anew
                supervisor.write(TEXT % (STEADY, 1000 + turn))
                ask(supervisor, 'supervisor.reloadConfig')
                ask(supervisor, 'fassembler.replaceGroup', 'changing')
                for name in ('talker', 'ready'):
                    ask(supervisor, 'supervisor.stopProcess', name)
                    ask(supervisor, 'supervisor.startProcess', name)
            supervisor.set_odds()
            ask(supervisor, 'supervisor.reloadConfig')
            count = all_run(supervisor)
            tap.equal(count, want, 'all runs again after calls failed that need ' + ('anything' if kind == 'all' else kind))
        for info in ask(supervisor, 'supervisor.getAllProcessInfo'):
            if info['name'].startswith('steady'):
                os.kill(info['pid'], 9)
        all_run(supervisor)
        tap.ok(True, 'and who is killed then is noticed')
        size = os.path.getsize(supervisor.dir + '/talker.log')
        while os.path.getsize(supervisor.dir + '/talker.log') == size:
            time.sleep(0.01)
        after = len(os.listdir('/proc/%d/fd' % supervisor.process.pid))
        while after > before + 2:
            time.sleep(0.05)
            after = len(os.listdir('/proc/%d/fd' % supervisor.process.pid))
        tap.ok(True, 'no descriptor is lost')
        ask(supervisor, 'supervisor.shutdown')
        tap.equal(supervisor.process.wait(), 0, 'it ends in good order')


def no_connections(program, library, tap):
    """A connection that cannot be taken waits, and the loop does not turn around it."""
    with Faulty(program, library, '[program:p]\ncommand=/bin/cat\nstartsecs=0\n') as supervisor:
        ask(supervisor, 'supervisor.getState')
        supervisor.set_odds(accept=1000)
        began = supervisor.counts()['accept']
        asker = subprocess.Popen(['/usr/bin/python3', '-c', """
import socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
peer.sendall(b'GET /metrics HTTP/1.0\\r\\n\\r\\n')
print(peer.recv(100).decode().split()[1])
""", supervisor.dir + '/sock'], stdout=subprocess.PIPE, text=True)
        while supervisor.counts()['accept'] - began < 5:
            time.sleep(0.01)
        used = cpu(supervisor.process.pid)
        began, start = supervisor.counts()['accept'], time.monotonic()
        while time.monotonic() - start < 1:
            time.sleep(0.05)
        tries = supervisor.counts()['accept'] - began
        used = cpu(supervisor.process.pid) - used
        tap.ok(tries < 100 and used < 0.5, 'the loop does not turn around a connection that cannot be taken', '%d tries, %.2f s' % (tries, used))
        supervisor.set_odds()
        tap.equal(asker.communicate()[0], '200\n', 'and it is answered when it can be')


CLOCK = """
[program:cat]
command=/bin/cat
startsecs=1
[program:old]
command=/bin/cat
startsecs=0
[program:deaf]
command=/bin/bash -c "trap '' TERM; touch @DIR@/deaf; while :; do read -t 0.02 line; done"
ready=command:/usr/bin/test -e @DIR@/deaf
startsecs=0
stopwaitsecs=1
[eventlistener:ticks]
command=/usr/bin/python3 -u @DIR@/listener.py @DIR@/ticks
events=TICK_5
"""


def ticks(path):
    try:
        with open(path, encoding='ascii') as file:
            return [int(line.split('when:')[1]) for line in file.read().split('\n')[:-1]]
    except FileNotFoundError:
        return []


def clock(program, library, tap):
    with Faulty(program, library, CLOCK) as supervisor:
        for offset in (DAY, -DAY):
            supervisor.set_clock(offset)
            began, used = time.monotonic(), cpu(supervisor.process.pid)
            for name in ('cat', 'deaf'):
                ask(supervisor, 'supervisor.stopProcess', name)
                ask(supervisor, 'supervisor.startProcess', name)
            info = ask(supervisor, 'supervisor.getProcessInfo', 'cat')
            tap.equal((info['statename'], abs(info['start'] - time.time() - offset) < 60), ('RUNNING', True),
                      'a program starts and stops after a jump of the clock by %+d days' % (offset // DAY))
            tap.ok(', uptime 0:00:' in ask(supervisor, 'supervisor.getProcessInfo', 'old')['description'], 'what runs has its age')
            want = int(time.time() + offset) // 5 * 5
            while len([tick for tick in ticks(supervisor.dir + '/ticks') if abs(tick - want) < DAY // 2]) < 2:
                time.sleep(0.05)
            seen = [tick for tick in ticks(supervisor.dir + '/ticks') if tick > want and abs(tick - want) < DAY // 2]
            tap.equal(seen, [want + 5 * (i + 1) for i in range(len(seen))], 'ticks go on, each of them, and say the time that it is now')
            tap.ok(cpu(supervisor.process.pid) - used < 1, 'and the loop does not turn in vain', time.monotonic() - began)


FORKS = """
[program:forks]
command=/bin/bash -c "trap '' TERM; (setsid /bin/bash -c 'while :; do (setsid sleep 0.01 &); read -t 0.001 line; done' < /dev/zero > /dev/null &); exec 9> @DIR@/lock; flock 9; touch @DIR@/up; setsid sleep 10000 & wait"
ready=command:/usr/bin/test -e @DIR@/up
startsecs=0
kill_tree=true
"""


def old_kernel(program, library, tap):
    """Version 2 without cgroup.kill: what is frozen cannot fork while it is killed."""
    with open('/proc/self/mountinfo', encoding='utf-8') as file:
        mounts = [line.split()[4] for line in file if ' - cgroup2 ' in line]
    with open('/proc/self/cgroup', encoding='utf-8') as file:
        own = next((line[3:].strip() for line in file if line.startswith('0::')), '')
    if not mounts or not os.access(mounts[0] + own, os.W_OK):
        tap.skip('trees-end-by-freezing', 'no control groups of version 2 may be made')
        return
    with Faulty(program, library, FORKS, old=1) as supervisor:
        supervisor.wait_log('forks entered RUNNING')
        pid = ask(supervisor, 'supervisor.getProcessInfo', 'forks')['pid']
        with open('/proc/%d/cgroup' % pid, encoding='ascii') as file:
            group = mounts[0] + next(line[3:].strip() for line in file if line.startswith('0::'))
        os.kill(pid, 9)
        supervisor.wait_log('exited: forks')
        supervisor.wait_log('forks entered RUNNING')
        with open(group + '/cgroup.freeze', encoding='ascii') as file:
            tap.equal(file.read(), '0\n', 'a group that was frozen to be killed is as it was')
        ask(supervisor, 'supervisor.stopProcess', 'forks')
        tap.ok(not os.path.exists(group), 'what forks all the time ends on a kernel without cgroup.kill')


CRASHER = """
[program:crasher]
command=/bin/false
process_name=%(program_name)s%(process_num)d
numprocs=4
startsecs=0
autorestart=true
stdout_logfile=NONE
stderr_logfile=NONE
[program:steady]
command=/bin/cat
startsecs=0
"""


def private(pid):
    with open('/proc/%d/smaps_rollup' % pid, encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('Private_Dirty:'))


def crashes(program, tap):
    with Supervisor(program, CRASHER) as supervisor:
        count, slowest, before = 0, 0.0, None
        began = time.monotonic()
        while count < CRASHES:
            asked = time.monotonic()
            count = sum(crash['crashes'] for crash in ask(supervisor, 'fassembler.getCrashes'))
            slowest = max(slowest, time.monotonic() - asked)
            if before is None and count > CRASHES // 10:
                before = private(supervisor.process.pid)
        took = time.monotonic() - began
        print('# %d crashes in %.1f s, the slowest answer took %.0f ms' % (count, took, slowest * 1e3))
        tap.ok(took < 60, 'ten thousand crashes a minute are survived', took)
        tap.ok(slowest < 2, 'and who asks is answered meanwhile', slowest)
        now = private(supervisor.process.pid)
        tap.ok(now < before + 256, 'and memory does not grow', 'KiB before: %d, now: %d' % (before, now))
        tap.equal(ask(supervisor, 'supervisor.getProcessInfo', 'steady')['statename'], 'RUNNING', 'and others run on')


def main():
    program, library = sys.argv[1:3]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 30)
    print('# seed %d' % seed, flush=True)
    tap = Tap()
    clock(program, library, tap)
    no_connections(program, library, tap)
    old_kernel(program, library, tap)
    crashes(program, tap)
    shortage(program, library, tap, random.Random(seed))
    tap.done()


main()
