#!/usr/bin/python3
"""The supervisor is replaced again and again under load, and nothing is lost: no line, no program, no event, no client.

  upgrade.py SUPERVISORD [UPGRADES [PROGRAMS]]
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import sys
import threading
import time
import xmlrpc.client

sys.path.insert(0, '/usr/lib/python3/dist-packages')
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'compat'))
from supervisor.xmlrpc import SupervisorTransport  # noqa: E402  pylint: disable=wrong-import-position
from support import Supervisor, Tap  # noqa: E402  pylint: disable=wrong-import-position

HERE = os.path.dirname(os.path.abspath(__file__))
# A line and its number are one command: the trap comes before it or after it.
WRITER = 'i=0; trap \'echo "end $$ $i"; exit 0\' TERM; while :; do echo "$$ $((i++))"; read -t 0.0$((2 + $1 % 7)) line; done'
TEXT = """
[program:steady]
command=/bin/bash @DIR@/writer.sh %%(process_num)d
process_name=%%(program_name)s%%(process_num)d
numprocs=%d
startsecs=0
stdout_logfile=@DIR@/%%(program_name)s%%(process_num)d.log
stdout_logfile_maxbytes=0
[program:rotated]
command=/bin/bash @DIR@/writer.sh 0
startsecs=0
stdout_logfile=@DIR@/rotated.log
stdout_logfile_maxbytes=500
stdout_logfile_backups=10000
[program:burst]
command=/bin/bash -c 'i=0; while :; do for _ in {1..500}; do echo "$$ $((i++))"; done; read -t 0.05 line; done'
startsecs=0
stdout_logfile=@DIR@/burst.log
stdout_logfile_maxbytes=0
[program:victim]
command=/bin/bash @DIR@/writer.sh 1
process_name=%%(program_name)s%%(process_num)d
numprocs=10
startsecs=0
autorestart=true
stdout_logfile=@DIR@/%%(program_name)s%%(process_num)d.log
stdout_logfile_maxbytes=0
[program:cycled]
command=/bin/bash @DIR@/writer.sh 1
process_name=%%(program_name)s%%(process_num)d
numprocs=5
startsecs=0
stdout_logfile=@DIR@/%%(program_name)s%%(process_num)d.log
stdout_logfile_maxbytes=0
[program:server]
command=/usr/bin/python3 @DIR@/server.py
sockets=unix://@DIR@/held
startsecs=0
autorestart=true
[eventlistener:events]
command=/usr/bin/python3 %s/../compat/listener.py @DIR@/events
events=REMOTE_COMMUNICATION
buffer_size=100000
stderr_logfile=@DIR@/listener.err
"""
SERVER = """
import socket
peer = socket.socket(fileno=3)
while True:
    one, _ = peer.accept()
    one.sendall(b'x')
    one.close()
"""


def proxy(supervisor):
    transport = SupervisorTransport('', '', 'unix://%s/sock' % supervisor.dir)
    return xmlrpc.client.ServerProxy('http://127.0.0.1', transport)


class Load:
    """What goes on beside the upgrades, each in a thread of its own, until @stop; what failed is in @problems."""

    def __init__(self, supervisor):
        self.supervisor = supervisor
        self.stop = threading.Event()
        self.problems = []
        self.counts = {}
        self.threads = [threading.Thread(target=self.run, args=(name,))
                        for name in ('kill', 'cycle', 'ask', 'connect', 'send')]
        for thread in self.threads:
            thread.start()

    def run(self, name):
        dice = random.Random(name)
        server = proxy(self.supervisor)
        self.counts[name] = 0
        while not self.stop.is_set():
            try:
                getattr(self, name)(server, dice, self.counts[name])
                self.counts[name] += 1
            except Exception as problem:  # pylint: disable=broad-except
                self.problems.append('%s: %r' % (name, problem))
                return

    def kill(self, server, dice, _):
        name = 'victim:victim%d' % dice.randrange(10)
        pid = server.supervisor.getProcessInfo(name)['pid']
        if pid:
            os.kill(pid, signal.SIGKILL)
        while server.supervisor.getProcessInfo(name)['pid'] in (0, pid):
            time.sleep(0.01)

    def cycle(self, server, dice, _):
        name = 'cycled:cycled%d' % dice.randrange(5)
        server.supervisor.stopProcess(name)
        server.supervisor.startProcess(name)

    def ask(self, _server, _dice, _count):
        if proxy(self.supervisor).supervisor.getState()['statename'] != 'RUNNING':
            raise RuntimeError('it does not run')

    def connect(self, _server, _dice, _count):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(self.supervisor.dir + '/held')
            if peer.recv(1) != b'x':
                raise RuntimeError('it was not served')

    @staticmethod
    def send(server, _dice, count):
        server.supervisor.sendRemoteCommEvent('n', str(count))

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def read(path):
    with open(path, encoding='ascii') as file:
        return file.read()


def logs_of(directory, name):
    """The whole log with what was rotated, the oldest first."""
    names = [found for found in os.listdir(directory) if re.fullmatch(re.escape(name) + r'\.log(\.\d+)?', found)]
    names.sort(key=lambda found: -int(found.rsplit('.', 1)[1]) if not found.endswith('.log') else 0)
    return ''.join(read(os.path.join(directory, found)) for found in names)


def wrong_line(text, killed=False, ended=True):
    """The first line that is not the one that had to come, or what is missing in the end. @killed: it may have been killed
    and begun anew. @ended: it was stopped by TERM, and says how many lines it wrote."""
    pid, number, last = None, 0, None
    for line in text.split('\n')[:-1]:
        words = line.split()
        if words[0] == 'end':
            if (words[1], int(words[2])) != ((pid, number) if pid else (words[1], 0)):
                return 'after %s %d: %s' % (pid, number, line)
            pid, last = None, line
            continue
        if words[0] != pid:
            if pid is not None and not killed:
                return 'after %s %d: %s' % (pid, number, line)
            pid, number = words[0], 0
        if int(words[1]) != number:
            return 'not %s %d: %s' % (pid, number, line)
        number, last = number + 1, line
    if ended and (last is None or not last.startswith('end')):
        return 'no end: %s' % last
    return None if text.endswith('\n') else 'half a line: ' + text[-50:]


def pids_of(server):
    return {info['name']: info['pid'] for info in server.supervisor.getAllProcessInfo()
            if info['group'] in ('steady', 'rotated', 'burst', 'server', 'events')}


def upgrades(load, count, copies, tap):
    server = proxy(load.supervisor)
    before = pids_of(server)
    longest = 0
    for number in range(count):
        answer = server.fassembler.upgrade(copies[number % len(copies)])
        longest = max(longest, answer['milliseconds'])
        time.sleep(0.02)
    tap.equal(pids_of(server), before, '%d upgrades, and what ran still runs' % count)
    print('# the longest took %d ms from the first byte of the state to the answer' % longest)


def wait_for_a_line(supervisor, server):
    """Until all have written since they began: who is stopped before it set its trap ends without a word."""
    for info in server.supervisor.getAllProcessInfo():
        if info['group'] not in ('steady', 'rotated', 'victim', 'cycled'):
            continue
        while '\n%d ' % info['pid'] not in '\n' + logs_of(supervisor.dir, info['name']):
            time.sleep(0.01)


def check_logs(supervisor, programs, tap):
    wrong = []
    for i in range(programs):
        wrong += filter(None, [wrong_line(logs_of(supervisor.dir, 'steady%d' % i))])
    tap.equal(wrong, [], 'every line of every program is in its log, once')
    tap.equal(wrong_line(logs_of(supervisor.dir, 'rotated')), None, 'also where the log is rotated')
    tap.equal(wrong_line(logs_of(supervisor.dir, 'burst'), ended=False), None, 'and where much comes at once')
    wrong = [wrong_line(logs_of(supervisor.dir, 'cycled%d' % i)) for i in range(5)]
    tap.equal(wrong, [None] * 5, 'and of those that are stopped and started')
    wrong = [wrong_line(logs_of(supervisor.dir, 'victim%d' % i), killed=True) for i in range(10)]
    tap.equal(wrong, [None] * 10, 'and of those that are killed')


def main():
    program = os.path.realpath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    programs = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    tap = Tap()
    with Supervisor(program, '') as supervisor:
        with open(supervisor.dir + '/server.py', 'w', encoding='ascii') as file:
            file.write(SERVER)
        with open(supervisor.dir + '/writer.sh', 'w', encoding='ascii') as file:
            file.write(WRITER)
        copies = [supervisor.dir + '/first', supervisor.dir + '/second']
        for copy in copies:
            shutil.copy(program, copy)
        supervisor.write(TEXT % (programs, HERE))
        server = proxy(supervisor)
        for name in server.supervisor.reloadConfig()[0][0]:
            server.supervisor.addProcessGroup(name)
        load = Load(supervisor)
        while not all(load.counts.get(name) for name in ('kill', 'cycle', 'ask', 'connect', 'send')) and not load.problems:
            time.sleep(0.01)
        upgrades(load, count, copies, tap)
        load.end()
        print('# meanwhile ' + ', '.join('%s %d' % one for one in sorted(load.counts.items())))
        tap.equal(load.problems, [], 'nobody who asks, connects, stops, starts or kills sees anything of it')
        sent = load.counts['send']
        while (seen := read(supervisor.dir + '/events')).count('\n') < sent:
            time.sleep(0.01)
        numbers = [int(json.loads(line)[1].split('\n')[1]) for line in seen.split('\n')[:-1]]
        tap.ok(numbers == list(range(sent)), 'every event comes once and in order', numbers)
        wait_for_a_line(supervisor, server)
        server.supervisor.stopAllProcesses()
        check_logs(supervisor, programs, tap)
        tap.equal(supervisor.process.poll(), None, 'it was one process all the time')
        server.supervisor.shutdown()
        tap.equal(supervisor.process.wait(), 0, 'it ends in good order')
    tap.done()


main()
