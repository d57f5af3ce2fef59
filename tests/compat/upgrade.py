#!/usr/bin/python3
"""The supervisor becomes another program while everything that it runs goes on.

  upgrade.py SUPERVISORD SUPERVISORCTL FAULTY

FAULTY is a supervisor that does not take over in the ways that the file $TAKEOVER_FAULT says.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import xmlrpc.client

sys.path.insert(0, '/usr/lib/python3/dist-packages')
from supervisor.xmlrpc import SupervisorTransport  # noqa: E402  pylint: disable=wrong-import-position
from support import Supervisor, Tap  # noqa: E402  pylint: disable=wrong-import-position

HERE = os.path.dirname(os.path.abspath(__file__))
LISTENER = '/usr/bin/python3 %s/listener.py' % HERE


def proxy(supervisor):
    transport = SupervisorTransport('', '', 'unix://%s/sock' % supervisor.dir)
    return xmlrpc.client.ServerProxy('http://127.0.0.1', transport)


def fault_of(call, *args):
    try:
        return 'no fault: %r' % (call(*args),)
    except xmlrpc.client.Fault as fault:
        return fault.faultString


def upgrade(supervisor, path=None):
    call = proxy(supervisor).fassembler.upgrade
    return call(path) if path else call()


def read(path):
    try:
        with open(path, encoding='utf-8') as file:
            return file.read()
    except FileNotFoundError:
        return ''


def until(path, enough):
    while not enough(text := read(path)):
        time.sleep(0.01)
    return text


def in_background(call, *args):
    """Calls on a connection of its own; returns what waits for the answer."""
    answers = []

    def run():
        try:
            answers.append(call(*args))
        except xmlrpc.client.Fault as fault:
            answers.append(fault.faultString)

    thread = threading.Thread(target=run)
    thread.start()

    def answer():
        thread.join()
        return answers[0]
    return answer


def state(supervisor, name):
    return proxy(supervisor).supervisor.getProcessInfo(name)


def running_pid(supervisor, name):
    """The pid of a program that was started just now, when it is that program and no longer a child of ours on its way."""
    pid = state(supervisor, name)['pid']
    while os.readlink('/proc/%d/exe' % pid) == os.readlink('/proc/%d/exe' % supervisor.process.pid):
        time.sleep(0.01)
    return pid


def receive(peer, words):
    seen = b''
    while words not in seen and (part := peer.recv(65536)):
        seen += part
    return seen


def descriptors(supervisor):
    """What it has open, but for its clients, who come and go, and the numbers that it lends to children."""
    folder = '/proc/%d/fd/' % supervisor.process.pid
    links = []
    for name in os.listdir(folder):
        if 3 <= int(name) < 35:
            continue
        try:
            links.append(os.readlink(folder + name))
        except FileNotFoundError:
            continue
    return sorted(link for link in links if not link.startswith('socket:'))


def basics(program, ctl, tap):
    text = """
[program:steady]
command=/bin/cat
startsecs=0
[program:old]
command=/bin/sleep 1000
environment=A="1"
startsecs=0
"""
    with Supervisor(program, text) as supervisor:
        supervisor.wait_log('entered RUNNING', 'steady')
        pids = [state(supervisor, name)['pid'] for name in ('steady', 'old')]
        count = descriptors(supervisor)
        done = subprocess.run([ctl, '-c', supervisor.config, 'upgrade'], capture_output=True, text=True, check=False)
        tap.ok(done.returncode == 0 and ': 2 processes went on' in done.stdout, 'the client is told what went on', done)
        tap.equal(supervisor.process.poll(), None, 'the process is the same')
        tap.equal([state(supervisor, name)['pid'] for name in ('steady', 'old')], pids, 'what runs goes on')
        tap.equal(descriptors(supervisor), count, 'no descriptor is lost and none is too many')
        copy = supervisor.dir + '/supervisor-of-tomorrow'
        shutil.copy(program, copy)
        for path in (copy, None):
            upgrade(supervisor, path)
        tap.equal(os.readlink('/proc/%d/exe' % supervisor.process.pid), copy, 'it becomes the program that is named')
        tap.equal(read('/proc/%d/comm' % supervisor.process.pid), 'supervisor-of-t\n', 'and is called so')
        os.remove(copy)
        shutil.copy(program, copy)
        upgrade(supervisor)
        tap.equal(os.readlink('/proc/%d/exe' % supervisor.process.pid), copy, 'what has taken its place is taken')
        with open('/proc/%d/environ' % supervisor.process.pid, 'rb') as file:
            tap.ok(b'SUPERVISORD_STATE' in file.read(), 'it was told by its environment')
        proxy(supervisor).supervisor.stopProcess('old')
        proxy(supervisor).supervisor.startProcess('old')
        pid = running_pid(supervisor, 'old')
        with open('/proc/%d/environ' % pid, 'rb') as file:
            tap.ok(b'SUPERVISORD_STATE' not in file.read(), 'which programs do not inherit')
        tap.equal(len(os.listdir('/proc/%d/fd' % pid)), 3, 'nor do they inherit descriptors')
        supervisor.process.terminate()
        tap.equal(supervisor.process.wait(), 0, 'in the end it stops in good order')


def configuration(program, tap):
    with Supervisor(program, '[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n[include]\nfiles=@DIR@/*.ini\n') as supervisor:
        supervisor.wait_log('entered RUNNING', 'a')
        with open(supervisor.dir + '/b.ini', 'w', encoding='ascii') as file:
            file.write('[program:b]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        proxy(supervisor).supervisor.reloadConfig()
        proxy(supervisor).supervisor.addProcessGroup('b')
        pids = [state(supervisor, name)['pid'] for name in 'ab']
        supervisor.write('[program:a]\nnonsense')
        os.remove(supervisor.dir + '/b.ini')
        upgrade(supervisor)
        upgrade(supervisor)
        tap.equal([state(supervisor, name)['pid'] for name in 'ab'], pids, 'a file that is broken or gone meanwhile harms nothing')
        tap.ok('parsing errors' in fault_of(proxy(supervisor).supervisor.reloadConfig), 'it is read when that is asked for')
        supervisor.write('[program:a]\ncommand=/bin/sleep 1001\nstartsecs=0\n')
        tap.equal(proxy(supervisor).supervisor.reloadConfig(), [[[], ['a'], ['b']]], 'and compared with what runs')
        upgrade(supervisor)
        tap.equal(proxy(supervisor).fassembler.getChanges('a'), [{'name': 'a', 'change': 'restart', 'why': 'command'}],
                  'what was read last is handed over too')
        tap.equal([state(supervisor, name)['pid'] for name in 'ab'], pids, 'while what runs goes on by the old')


def times(program, tap):
    text = """
[program:starts]
command=/bin/sleep 1000
startsecs=1
[program:stubborn]
command=/bin/bash -c "trap '' TERM; echo trapped; while :; do sleep 0.1; done"
stopwaitsecs=1
startsecs=0
stdout_logfile=@DIR@/stubborn
[program:never]
command=/bin/false
startretries=2
[program:later]
command=/bin/sleep 1000
autostart=false
startsecs=1
"""
    with Supervisor(program, text) as supervisor:
        supervisor.wait_log("spawned: 'never'")
        until(supervisor.dir + '/stubborn', lambda text: 'trapped' in text)
        stopped = in_background(proxy(supervisor).supervisor.stopProcess, 'stubborn')
        started = in_background(proxy(supervisor).supervisor.startProcess, 'later')
        while [state(supervisor, name)['statename'] for name in ('stubborn', 'later')] != ['STOPPING', 'STARTING']:
            time.sleep(0.01)
        tap.equal(state(supervisor, 'starts')['statename'], 'STARTING', 'a program is about to have run for startsecs')
        upgrade(supervisor)
        supervisor.wait_log('took over')
        tap.equal(started(), True, 'who waited for a start is answered after startsecs')
        tap.equal(stopped(), True, 'who waited for a stop is answered')
        supervisor.wait_log('gave up', 'never')
        lines = ''.join(supervisor.seen)
        after = lines[lines.index('took over'):]
        tap.ok("killing 'stubborn'" in after, 'stopwaitsecs go on', after)
        tap.ok('success: starts entered RUNNING' in after, 'startsecs go on', after)
        tap.equal(lines.count("spawned: 'never'"), 3, 'failed starts are counted on')


def listeners(program, tap):
    text = """
[eventlistener:all]
command=%s @DIR@/all
events=REMOTE_COMMUNICATION
buffer_size=1000
stderr_logfile=@DIR@/listener.err
[eventlistener:deaf]
command=/bin/sleep 1000
events=REMOTE_COMMUNICATION
buffer_size=100
[program:talk]
command=/bin/bash -c "while read line; do printf '%%%%s' $line; done"
stdout_capture_maxbytes=1MB
stdout_logfile=@DIR@/talk
startsecs=0
[eventlistener:captured]
command=%s @DIR@/captured
events=PROCESS_COMMUNICATION
""" % (LISTENER, LISTENER)
    with Supervisor(program, text) as supervisor:
        server = proxy(supervisor)
        supervisor.wait_log('entered RUNNING', 'captured')
        for i in range(100):
            server.supervisor.sendRemoteCommEvent('n', str(i))
            if i % 10 == 5:
                upgrade(supervisor)
        seen = until(supervisor.dir + '/all', lambda text: text.count('\n') >= 100)
        events = [json.loads(line) for line in seen.split('\n')[:-1]]
        tap.equal([int(payload.split('\n')[1]) for _, payload in events], list(range(100)),
                  'a listener gets every event once and in order')
        tap.equal([int(head['poolserial']) for head, _ in events], list(range(100)), 'their numbers go on')
        server.supervisor.sendProcessStdin('talk', 'one<!--XSUPERV\n')
        until(supervisor.dir + '/talk', lambda text: text == 'one')
        upgrade(supervisor)
        server.supervisor.sendProcessStdin('talk', 'ISOR:BEGIN-->data<!--\n')
        server.supervisor.sendProcessStdin('talk', 'more\n')
        upgrade(supervisor)
        server.supervisor.sendProcessStdin('talk', '<!--XSUPERVISOR:END-->two\n')
        until(supervisor.dir + '/talk', lambda text: text == 'onetwo')
        event = json.loads(until(supervisor.dir + '/captured', lambda text: text.endswith('\n')))
        tap.equal(event[1].split('\n', 1)[1], 'data<!--more', 'a token that was cut by an upgrade is one, and so is what it holds')


def clients(program, tap):
    text = """
[program:talk]
command=/bin/cat
stdout_logfile=@DIR@/talk
startsecs=0
[program:big]
command=/bin/bash -c "head -c 3000000 /dev/zero | tr '\\\\0' x; echo; read line"
stdout_logfile=@DIR@/big
stdout_logfile_maxbytes=0
startsecs=0
"""
    with Supervisor(program, text) as supervisor:
        server = proxy(supervisor)
        until(supervisor.dir + '/big', lambda text: len(text) == 3000001)

        def connect():
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(supervisor.dir + '/sock')
            return peer
        follower, half, slow = connect(), connect(), connect()
        follower.sendall(b'GET /logtail/talk HTTP/1.1\r\n\r\n')
        body = xmlrpc.client.dumps((), 'supervisor.getState').encode()
        whole = b'POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n' % len(body) + body
        half.sendall(whole[:-9])
        body = xmlrpc.client.dumps(('big', 0, 0), 'supervisor.readProcessStdoutLog').encode()
        slow.sendall(b'POST /RPC2 HTTP/1.0\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
        slow.recv(1, socket.MSG_PEEK)
        upgrade(supervisor)
        half.sendall(whole[-9:])
        tap.ok(b'RUNNING' in receive(half, b'</methodResponse>'), 'a request that was half sent is answered')
        server.supervisor.sendProcessStdin('talk', 'after\n')
        tap.ok(b'after' in receive(follower, b'after'), 'who follows a log goes on following')
        tap.equal(receive(slow, b'</methodResponse>').count(b'x' * 3000000), 1, 'an answer that was half read is read to its end')
        calls = [{'methodName': 'supervisor.getPID', 'params': []}, {'methodName': 'fassembler.upgrade', 'params': []},
                 {'methodName': 'supervisor.getPID', 'params': []}]
        answers = server.system.multicall(calls)
        tap.ok(answers[0] == answers[2] == supervisor.process.pid and 'processes' in answers[1],
               'it may stand between other calls', answers)
        with connect() as peer:
            peer.sendall(b'POST /api/v1/fassembler.upgrade HTTP/1.0\r\nContent-Type: application/json\r\n\r\n')
            tap.ok(b'"processes":2' in receive(peer, b'"processes":2'), 'JSON is answered too')
        first, second = (in_background(proxy(supervisor).fassembler.upgrade) for _ in range(2))
        answers = [first(), second()]
        tap.ok(any('processes' in answer for answer in answers), 'of two at once one goes', answers)


SERVER = """
import os, socket, sys
peer = socket.socket(fileno=3)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sys.stdin.readline()
notify.sendto(b'READY=1', '\\0' + os.environ['NOTIFY_SOCKET'][1:])
while True:
    one, _ = peer.accept()
    one.sendall(b'x')
    one.close()
"""


def sockets(program, tap):
    text = """
[program:server]
command=/usr/bin/python3 @DIR@/server.py
sockets=unix://@DIR@/held
ready=notify
autostart=false
[fcgi-program:fcgi]
command=/bin/cat
socket=unix://@DIR@/fcgi
"""
    with Supervisor(program, text) as supervisor:
        with open(supervisor.dir + '/server.py', 'w', encoding='ascii') as file:
            file.write(SERVER)
        server = proxy(supervisor)
        started = in_background(proxy(supervisor).supervisor.startProcess, 'server')
        supervisor.wait_log("spawned: 'server'")
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(supervisor.dir + '/held')
        upgrade(supervisor)
        server.supervisor.sendProcessStdin('server', 'go\n')
        tap.equal(started(), True, 'readiness is heard by the successor')
        tap.equal(peer.recv(1), b'x', 'who connected before is served')
        upgrade(supervisor)
        server.supervisor.stopProcess('server')
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(supervisor.dir + '/held')
        started = in_background(proxy(supervisor).supervisor.startProcess, 'server')
        supervisor.wait_log("spawned: 'server'")
        server.supervisor.sendProcessStdin('server', 'go\n')
        started()
        tap.equal(peer.recv(1), b'x', 'held sockets are handed to programs that start later')
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(supervisor.dir + '/fcgi')
        tap.ok(True, 'sockets of FastCGI are held on')
    tap.ok(not os.path.exists(supervisor.dir + '/held'), 'and they are removed in the end')


def refusals(program, ctl, tap):
    tcp = socket.socket()
    tcp.bind(('127.0.0.1', 0))
    port = tcp.getsockname()[1]
    tcp.close()
    text = '[inet_http_server]\nport=127.0.0.1:%d\n[program:a]\ncommand=/bin/cat\nstartsecs=0\n' % port
    with Supervisor(program, text) as supervisor:
        supervisor.wait_log('entered RUNNING', 'a')
        pid = state(supervisor, 'a')['pid']
        count = descriptors(supervisor)
        with open(supervisor.dir + '/script', 'w', encoding='ascii') as file:
            file.write('#!/bin/sh\necho can take over\n')
        os.chmod(supervisor.dir + '/script', 0o755)
        call = proxy(supervisor).fassembler.upgrade
        for path, why in (('/bin/true', 'it is no supervisor'), ('/bin/false', 'it cannot take over'), ('/etc/passwd', 'NOT_EXECUTABLE'),
                          ('/nowhere', 'NO_FILE'), ('bin/true', 'BAD_ARGUMENTS'), ('/tmp', 'NOT_EXECUTABLE'),
                          (supervisor.dir + '/script', 'it cannot take over')):
            tap.ok(why in (said := fault_of(call, path)), 'it does not become ' + urllib.parse.quote(os.path.basename(path)), said)
        over_tcp = xmlrpc.client.ServerProxy('http://127.0.0.1:%d/RPC2' % port)
        tap.ok('only root' in (said := fault_of(over_tcp.fassembler.upgrade, program)), 'who only talks to it may not name a program',
               said)
        tap.ok('processes' in over_tcp.fassembler.upgrade(), 'but may ask for what it is anyway')
        os.rename(supervisor.dir, supervisor.dir + '.away')
        tap.ok('cannot be read again' in (said := fault_of(over_tcp.fassembler.upgrade)), 'a state that could not be read is not given',
               said)
        os.rename(supervisor.dir + '.away', supervisor.dir)
        done = subprocess.run([ctl, '-c', supervisor.config, 'upgrade', '/bin/true'], capture_output=True, text=True, check=False)
        tap.ok(done.returncode == 1 and 'no supervisor' in done.stdout, 'the client says why not', done)
        tap.equal((state(supervisor, 'a')['pid'], descriptors(supervisor)), (pid, count), 'all of it changes nothing')


def way_back(program, faulty, tap):
    text = '[program:a]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=@DIR@/a\n'
    with Supervisor(program, text) as supervisor:
        supervisor.wait_log('entered RUNNING', 'a')
        server = proxy(supervisor)
        pid = state(supervisor, 'a')['pid']
        count = descriptors(supervisor)
        for number, (fault, why) in enumerate((('crash', 'signal 11'), ('late crash', 'signal 11'), ('abort', 'signal 6'),
                                               ('late', 'in time'), ('refuse', 'it does not want to'))):
            with open(os.environ['TAKEOVER_FAULT'], 'w', encoding='ascii') as file:
                file.write(fault)
            said = fault_of(server.fassembler.upgrade, faulty)
            server.supervisor.sendProcessStdin('a', '%d\n' % number)
            until(supervisor.dir + '/a', lambda text, end='%d\n' % number: text.endswith(end))
            tap.ok(why in said and state(supervisor, 'a')['pid'] == pid, 'the old program goes on after: ' + fault, said)
        tap.equal((os.readlink('/proc/%d/exe' % supervisor.process.pid), descriptors(supervisor)), (program, count),
                  'it is the old one, as it was')
        tap.equal(read('/proc/%d/comm' % supervisor.process.pid), os.path.basename(program)[:15] + '\n', 'and is called so')
        with open(os.environ['TAKEOVER_FAULT'], 'w', encoding='ascii') as file:
            file.write('exec')
        server.fassembler.upgrade(faulty)
        said = fault_of(server.fassembler.upgrade)
        tap.ok('Cannot allocate memory' in said and state(supervisor, 'a')['pid'] == pid, 'and so it does when nothing can be executed', said)
        server.supervisor.stopProcess('a')
        server.supervisor.startProcess('a')
        tap.equal(len(os.listdir('/proc/%d/fd' % running_pid(supervisor, 'a'))), 3, 'programs inherit nothing from that')


def exits_meanwhile(program, faulty, tap):
    text = '[program:a]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=@DIR@/a\n[program:b]\ncommand=/bin/cat\nstartsecs=0\n'
    with Supervisor(program, text) as supervisor:
        supervisor.wait_log('entered RUNNING', 'b')
        pids = [state(supervisor, name)['pid'] for name in 'ab']
        path = os.environ['TAKEOVER_FAULT'] + '.pipe'
        os.mkfifo(path)
        with open(os.environ['TAKEOVER_FAULT'], 'w', encoding='ascii') as file:
            file.write('slow')
        done = in_background(proxy(supervisor).fassembler.upgrade, faulty)
        with open(path, 'rb'):
            pass
        os.kill(pids[0], signal.SIGKILL)
        late = in_background(proxy(supervisor).supervisor.getState)
        with open(path, 'wb'):
            pass
        done()
        supervisor.wait_log('exited: a', 'SIGKILL')
        supervisor.wait_log('entered RUNNING', 'a')
        tap.ok(state(supervisor, 'a')['pid'] not in pids, 'what dies in the midst of it is started again')
        tap.equal(state(supervisor, 'b')['pid'], pids[1], 'and what does not is not')
        tap.equal(late()['statename'], 'RUNNING', 'who asks in the midst of it waits for an answer and gets it')


def main():
    program, ctl, faulty = (os.path.realpath(path) for path in sys.argv[1:])
    tap = Tap()
    basics(program, ctl, tap)
    configuration(program, tap)
    times(program, tap)
    listeners(program, tap)
    clients(program, tap)
    sockets(program, tap)
    refusals(program, ctl, tap)
    with Supervisor(program, '') as scratch:
        os.environ['TAKEOVER_FAULT'] = scratch.dir + '/fault'
        way_back(program, faulty, tap)
        exits_meanwhile(program, faulty, tap)
    tap.done()


main()
