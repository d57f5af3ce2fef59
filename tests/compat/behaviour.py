#!/usr/bin/python3
"""What the supervisor does with processes: states, restarts, stopping, logs, readiness, signals.

  behaviour.py SUPERVISORD
"""
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from support import Supervisor, Tap, fault_of, proxy


def read(path):
    """A file that is not there yet is empty."""
    try:
        with open(path, encoding='utf-8') as file:
            return file.read()
    except FileNotFoundError:
        return ''


def restarts(program, tap):
    text = """
[program:steady]
command=/bin/cat
startsecs=0
[program:odd]
command=/bin/sh -c "exit 3"
startretries=2
[program:once]
command=/bin/true
startsecs=0
[program:fine]
command=/bin/sh -c "exit 7"
startsecs=0
exitcodes=7
"""
    with Supervisor(program, text, 'debug') as supervisor:
        rpc = proxy(supervisor).supervisor
        supervisor.wait_log('steady entered RUNNING')
        pid = rpc.getProcessInfo('steady')['pid']
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        supervisor.wait_log('exited: steady', 'terminated by SIGKILL; not expected')
        supervisor.wait_log("spawned: 'steady'")
        tap.ok(time.monotonic() - began < 0.5, 'a killed program runs again at once')
        tap.ok(rpc.getProcessInfo('steady')['pid'] != pid, 'a restarted program has another pid')
        supervisor.wait_log('gave up: odd')
        lines = [line for line in supervisor.seen if "spawned: 'odd'" in line]
        tap.equal(len(lines), 3, 'startretries=2 is three attempts')
        info = rpc.getProcessInfo('odd')
        tap.equal((info['statename'], info['state'], info['spawnerr'], info['exitstatus']),
                  ('FATAL', 200, 'Exited too quickly (process log may have details)', 0),
                  'a program that cannot start is FATAL and says why')
        tap.equal(rpc.getProcessInfo('once')['statename'], 'EXITED', 'an expected exit is not restarted')
        tap.equal(rpc.getProcessInfo('fine')['exitstatus'], 7, 'an exit code of exitcodes is expected')


def stopping(program, tap):
    text = """
[program:stubborn]
command=/bin/sh -c "trap '' TERM; while :; do sleep 1 & wait; done"
startsecs=0
stopwaitsecs=1
killasgroup=true
[program:hup]
command=/bin/sh -c "trap 'exit 0' HUP; touch @DIR@/trapped; while :; do sleep 0.05; done"
ready=command:/usr/bin/test -e @DIR@/trapped
stopsignal=HUP
startsecs=0
[program:late]
command=/bin/cat
priority=1
startsecs=0
"""
    with Supervisor(program, text, 'debug') as supervisor:
        rpc = proxy(supervisor).supervisor
        supervisor.wait_log('hup entered RUNNING')
        pid = rpc.getProcessInfo('stubborn')['pid']
        tap.ok(rpc.stopProcess('stubborn') is True, 'a stop waits until the process is dead')
        while group_lives(pid):
            time.sleep(0.01)
        tap.ok(True, 'a program that does not stop is killed with its group')
        tap.equal(rpc.getProcessInfo('stubborn')['statename'], 'STOPPED', 'a killed program is STOPPED')
        tap.ok(rpc.stopProcess('hup') is True, 'the stopsignal is the one configured')
        tap.equal(rpc.getProcessInfo('hup')['exitstatus'], 0, 'the exit status of a stopped program is kept')
        tap.equal(fault_of(rpc.stopProcess, 'hup'), (70, 'NOT_RUNNING: hup'), 'what is stopped cannot be stopped')
        tap.equal(fault_of(rpc.startProcess, 'late'), (60, 'ALREADY_STARTED: late'), 'what runs cannot be started')
        rpc.startProcess('hup')
        rpc.shutdown()
        supervisor.process.wait()
        rest = supervisor.rest()
        tap.ok(rest.index('stopped: hup') < rest.index('stopped: late'), 'groups stop in descending priority')
        tap.equal(supervisor.process.returncode, 0, 'the supervisor exits with 0 after a shutdown')
        tap.ok(not os.path.exists(supervisor.dir + '/sock'), 'the socket is gone after a shutdown')
        tap.ok(not os.path.exists(supervisor.dir + '/supervisord.pid'), 'the pid file is gone after a shutdown')


def group_lives(pid):
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def logs(program, tap):
    text = """
[program:writer]
command=/bin/sh -c "yes 0123456789 | head -c 500000; read line; echo last; exec cat"
stdout_logfile=@DIR@/writer.log
stdout_logfile_maxbytes=100KB
stdout_logfile_backups=2
startsecs=0
[program:chatty]
command=/usr/bin/python3 -uc "for i in range(40000): print(i)"
stdout_logfile=@DIR@/chatty.log
stdout_logfile_maxbytes=0
startsecs=0
autorestart=false
[program:both]
command=/bin/sh -c "echo one; echo two >&2; exec cat"
redirect_stderr=true
stdout_logfile=@DIR@/both.log
startsecs=0
[program:where]
command=/bin/sh -c "pwd; umask; echo $A-$SUPERVISOR_PROCESS_NAME-$SUPERVISOR_GROUP_NAME-$SUPERVISOR_ENABLED; exec cat"
directory=/usr
umask=027
environment=A="b c"
stdout_logfile=@DIR@/where.log
startsecs=0
[program:limited]
command=/bin/sh -c "ulimit -Sn; ulimit -Hn; ulimit -c; exec cat"
rlimit_nofile=100:200
rlimit_core=0
stdout_logfile=@DIR@/limited.log
startsecs=0
[program:nowhere]
command=/bin/cat
directory=/no/such/place
startretries=0
stderr_logfile=@DIR@/nowhere.log
"""
    with Supervisor(program, text, 'debug') as supervisor:
        rpc = proxy(supervisor).supervisor
        rpc.sendProcessStdin('writer', 'go\n')
        # The piece that the end came in may have filled the log and made it an old one.
        while not any(read(supervisor.dir + '/writer.log' + end).endswith('last\n') for end in ('', '.1')):
            time.sleep(0.01)
        rpc.sendProcessStdin('writer', 'more\n')
        while rpc.readProcessStdoutLog('writer', -5, 0) != 'more\n':
            time.sleep(0.01)
        tap.ok(True, 'the end of a log can be read')
        sizes = [os.path.getsize(supervisor.dir + '/writer.log' + end) for end in ('.1', '.2')]
        tap.ok(all(size >= 100 * 1024 for size in sizes), 'a log is rotated after it has reached its size', sizes)
        tap.ok(not os.path.exists(supervisor.dir + '/writer.log.3'), 'as many old logs are kept as configured')
        while rpc.readProcessStdoutLog('both', 0, 0) != 'one\ntwo\n':
            time.sleep(0.01)
        tap.ok(True, 'stderr goes to stdout with redirect_stderr')
        while read(supervisor.dir + '/where.log').count('\n') < 3:
            time.sleep(0.01)
        tap.equal(read(supervisor.dir + '/where.log'), '/usr\n0027\nb c-where-where-1\n',
                  'directory, umask and environment are what was configured')
        while read(supervisor.dir + '/limited.log').count('\n') < 3:
            time.sleep(0.01)
        tap.equal(read(supervisor.dir + '/limited.log'), '100\n200\n0\n', 'rlimit_nofile and rlimit_core are set')
        while 'not spawned' not in read(supervisor.dir + '/nowhere.log'):
            time.sleep(0.01)
        tap.equal(read(supervisor.dir + '/nowhere.log'),
                  "supervisor: couldn't chdir to /no/such/place: ENOENT\nsupervisor: child process was not spawned\n",
                  'what keeps a child from being set up is in its log')
        supervisor.wait_log('exited: chatty')
        tap.ok(read(supervisor.dir + '/chatty.log') == ''.join('%d\n' % i for i in range(40000)),
               'a log has every line of a program that writes them one by one')
        os.rename(supervisor.dir + '/both.log', supervisor.dir + '/both.old')
        supervisor.process.send_signal(signal.SIGUSR2)
        supervisor.wait_log('logreopen')
        rpc.sendProcessStdin('both', 'three\n')
        while not os.path.exists(supervisor.dir + '/both.log') or read(supervisor.dir + '/both.log') != 'three\n':
            time.sleep(0.01)
        tap.ok(True, 'SIGUSR2 opens the logs anew')
        tap.ok(rpc.clearProcessLogs('both') and rpc.tailProcessStdoutLog('both', 0, 100) == ['', 0, False],
               'a log that is cleared is empty')


def anonymous_memory(pid):
    with open('/proc/%d/status' % pid, encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('RssAnon:'))


def ends(path, text):
    """Whether the file ends in it; one that is not there, or is being renamed, does not."""
    try:
        with open(path, 'rb') as file:
            return file.read().endswith(text)
    except FileNotFoundError:
        return False


def floods(program, tap):
    text = """
[program:drip]
command=/bin/cat
stdout_logfile=@DIR@/drip.log
startsecs=0
[program:flood]
command=/bin/sh -c "dd if=/dev/zero bs=1M count=64 status=none; echo over; exec cat"
stdout_logfile=@DIR@/flood.log
stdout_logfile_maxbytes=1MB
stdout_logfile_backups=1
startsecs=0
autostart=false
"""
    with Supervisor(program, text) as supervisor:
        rpc = proxy(supervisor).supervisor
        # What every supervisor that works has touched belongs to what was there before.
        rpc.sendProcessStdin('drip', 'drop\n')
        while not ends(supervisor.dir + '/drip.log', b'drop\n'):
            time.sleep(0.01)
        before = anonymous_memory(supervisor.process.pid)
        rpc.startProcess('flood')
        # Zeros are no text: the end is looked for in the files.
        while not any(ends(supervisor.dir + name, b'over\n') for name in ('/flood.log', '/flood.log.1')):
            time.sleep(0.01)
        while anonymous_memory(supervisor.process.pid) > before + 256:
            rpc.sendProcessStdin('drip', 'drop\n')
            time.sleep(0.01)
        tap.ok(True, 'what a flood took of memory is given back')


def readiness(program, tap):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(('127.0.0.1', 0))
    port = listener.getsockname()[1]
    text = """
[program:db]
command=/bin/sh -c "read line; touch @DIR@/there; exec cat"
ready=command:/usr/bin/test -e @DIR@/there
startsecs=0
[program:app]
command=/bin/cat
depends_on=db
startsecs=0
priority=1
[program:net]
command=/bin/cat
ready=tcp:127.0.0.1:%d
startsecs=0
[program:told]
command=/usr/bin/python3 -c "import os, socket, sys; sys.stdin.readline(); s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.sendto(b'READY=1', '\\0' + os.environ['NOTIFY_SOCKET'][1:]); sys.stdin.read()"
ready=notify
startsecs=0
[program:never]
command=/bin/cat
ready=unix:@DIR@/no.sock
ready_timeout=1
startretries=0
[program:after]
command=/bin/cat
depends_on=never
[program:atonce]
command=/bin/cat
ready=command:/bin/true
startsecs=3600
[program:brief]
command=/bin/sh -c "read line; exit 0"
ready=command:/bin/true
startsecs=3600
startretries=0
""" % port
    with Supervisor(program, text.replace('\\0', '\\\\0'), 'info') as supervisor:
        rpc = proxy(supervisor).supervisor
        supervisor.wait_log("spawned: 'told'")
        app = rpc.getProcessInfo('app')
        tap.equal((app['statename'], app['pid'], app['description']), ('STARTING', 0, 'waiting for db'),
                  'a program waits for what it depends on and says for which')
        tap.equal(rpc.getProcessInfo('db')['statename'], 'STARTING', 'a program is STARTING until it is ready')
        rpc.sendProcessStdin('db', 'go\n')
        supervisor.wait_log('db entered RUNNING')
        supervisor.wait_log("spawned: 'app'")
        tap.ok(True, 'a program starts when what it depends on is ready')
        listener.listen()
        supervisor.wait_log('net entered RUNNING')
        tap.ok(True, 'ready=tcp: waits until somebody accepts connections')
        rpc.sendProcessStdin('told', 'go\n')
        supervisor.wait_log('told entered RUNNING')
        tap.ok(True, 'ready=notify waits for READY=1')
        while rpc.getProcessInfo('after')['statename'] != 'FATAL':
            time.sleep(0.02)
        tap.equal(rpc.getProcessInfo('never')['spawnerr'], 'not ready within 1 seconds',
                  'a program that is not ready in time has failed')
        tap.equal(rpc.getProcessInfo('after')['spawnerr'], 'a program that it depends on failed',
                  'what waits for a program that failed fails too')
        tap.equal([rpc.getProcessInfo(name)['statename'] for name in ('atonce', 'brief')], ['RUNNING', 'RUNNING'],
                  'a program that is ready is RUNNING before its startsecs are over')
        rpc.sendProcessStdin('brief', 'go\n')
        supervisor.wait_log('gave up: brief')
        tap.equal(rpc.getProcessInfo('brief')['spawnerr'], 'Exited too quickly (process log may have details)',
                  'a program that was ready and exits within its startsecs has failed to start')
        rpc.shutdown()
        supervisor.process.wait()
        rest = supervisor.rest()
        tap.ok(rest.index('stopped: app') < rest.index('stopped: db'), 'what depends on a program stops before it')
    listener.close()


def health(program, tap):
    text = """
[program:ill]
command=/bin/sh -c "trap 'exit 0' TERM; while :; do sleep 0.1; done"
healthcheck=command:/usr/bin/test -e @DIR@/well
healthcheck_interval=1
healthcheck_retries=2
startsecs=0
[program:stubborn]
command=/bin/sh -c "trap '' TERM; while :; do sleep 0.1; done"
healthcheck=unix:@DIR@/no.sock
healthcheck_interval=1
healthcheck_retries=1
stopwaitsecs=1
startsecs=0
autorestart=false
[program:well]
command=/bin/cat
healthcheck=command:/bin/true
healthcheck_interval=1
healthcheck_retries=1
startsecs=0
"""
    with Supervisor(program, text) as supervisor:
        rpc = proxy(supervisor).supervisor
        supervisor.wait_log('well entered RUNNING')
        pid = rpc.getProcessInfo('well')['pid']
        supervisor.wait_log('ill is unhealthy: 2 checks failed')
        supervisor.wait_log('exited: ill (exit status 0')
        supervisor.wait_log('ill entered RUNNING')
        tap.ok(True, 'a program that is unhealthy is started again, however it exits')
        while rpc.getProcessInfo('stubborn')['statename'] != 'EXITED':
            time.sleep(0.02)
        tap.equal(rpc.getProcessInfo('stubborn')['spawnerr'], 'unhealthy: 1 checks failed, one after another',
                  'an unhealthy program that does not stop is killed')
        tap.equal(rpc.getProcessInfo('well')['pid'], pid, 'a program that is well goes on')


def waiting_at_the_end(program, tap):
    text = """
[program:pair]
command=/bin/cat
process_name=pair_%(process_num)d
numprocs=2
ready=unix:@DIR@/no.sock
[program:user]
command=/bin/cat
depends_on=pair
[program:other]
command=/no/such/program
startretries=100
"""
    with Supervisor(program, text) as supervisor:
        supervisor.wait_log("spawned: 'pair_1'")
        supervisor.process.terminate()
        tap.equal(supervisor.process.wait(10), 0, 'the supervisor ends while programs wait for others')
    with Supervisor(program, '') as supervisor:
        for text, why in (('[program:a]\ncommand=x\ndepends_on=b\n[program:b]\ncommand=x\ndepends_on=a\n', 'circle'),
                          ('[program:a]\ncommand=x\ndepends_on=c\n', "unknown program 'c'")):
            supervisor.write(text)
            _, words = fault_of(proxy(supervisor).supervisor.reloadConfig)
            tap.ok(why in words, 'depends_on is checked: ' + why, words)


def http_ready(program, tap):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(('127.0.0.1', 0))
    listener.listen()
    answers = [b'HTTP/1.0 503 No\r\n\r\n', b'HTTP/1.0 200 OK\r\n\r\n']
    asked = []

    def serve():
        for answer in answers:
            peer, _ = listener.accept()
            asked.append(peer.recv(4096).split(b'\r\n')[0])
            peer.sendall(answer)
            peer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    text = """
[program:web]
command=/bin/cat
ready=http://127.0.0.1:%d/healthz?x=1
startsecs=0
""" % listener.getsockname()[1]
    with Supervisor(program, text) as supervisor:
        supervisor.wait_log('web entered RUNNING')
        thread.join()
        tap.equal(asked, [b'GET /healthz?x=1 HTTP/1.0'] * 2, 'ready=http: waits for an answer of 2xx or 3xx')
    listener.close()


def configuration(program, tap):
    text = """
[program:a]
command=/bin/cat
startsecs=0
[program:b]
command=/bin/cat
startsecs=0
"""
    with Supervisor(program, text) as supervisor:
        rpc = proxy(supervisor).supervisor
        supervisor.wait_log('b entered RUNNING')
        tap.equal(rpc.reloadConfig(), [[[], [], []]], 'nothing has changed where nothing has')
        pid = rpc.getProcessInfo('a')['pid']
        supervisor.write(text.replace('[program:b]', '[program:c]') + 'autostart=false\n')
        tap.equal(rpc.reloadConfig(), [[['c'], [], ['b']]], 'a reread tells what came and what went')
        tap.equal(fault_of(rpc.removeProcessGroup, 'b'), (91, 'STILL_RUNNING: b'), 'a group that runs is not removed')
        rpc.stopProcessGroup('b')
        tap.ok(rpc.removeProcessGroup('b') and rpc.addProcessGroup('c'), 'groups can be removed and added')
        tap.equal(fault_of(rpc.addProcessGroup, 'c'), (90, 'ALREADY_ADDED: c'), 'a group cannot be added twice')
        tap.equal([info['name'] for info in rpc.getAllProcessInfo()], ['a', 'c'], 'the processes are the new ones')
        supervisor.write('[program:a]\n')
        code, words = fault_of(rpc.reloadConfig)
        tap.ok(code == 92 and 'does not specify a command' in words, 'a bad configuration is refused with its error')
        supervisor.write('[program:a]\ncommand=cat\nrlimit_core=2:1\n')
        tap.ok("rlimit_core: '2:1' is no limit" in fault_of(rpc.reloadConfig)[1], 'a limit above its bound is refused')
        tap.equal(rpc.getProcessInfo('a')['pid'], pid, 'a bad configuration leaves what runs alone')
        supervisor.write(text)
        supervisor.process.send_signal(signal.SIGHUP)
        supervisor.wait_log('supervisord started')
        supervisor.wait_log('b entered RUNNING')
        rpc = proxy(supervisor).supervisor
        tap.ok(rpc.getProcessInfo('a')['pid'] != pid and rpc.getPID() == supervisor.process.pid,
               'SIGHUP starts everything anew in the same process')


def start_rate(program, tap):
    text = """
start_rate=20
[program:many]
command=/bin/cat
process_name=many_%(process_num)02d
numprocs=12
startsecs=0
[program:after]
command=/bin/cat
depends_on=many
startsecs=0
priority=1000
"""
    with Supervisor(program, '', 'debug') as supervisor:
        with open(supervisor.config, encoding='utf-8') as file:
            whole = file.read()
        with open(supervisor.config, 'w', encoding='utf-8') as file:
            head, _, programs = text.strip().partition('\n')
            file.write(whole.replace('[supervisord]\n', '[supervisord]\n' + head + '\n') + programs)
        supervisor.process.send_signal(signal.SIGHUP)
        supervisor.wait_log('supervisord started')
        rpc = proxy(supervisor).supervisor
        supervisor.wait_log("spawned: 'many_00'")
        began = time.monotonic()
        last = rpc.getProcessInfo('many:many_11')
        tap.equal((last['statename'], last['description']), ('STARTING', 'waiting for its turn to start'),
                  'with start_rate a program waits for its turn and says so')
        supervisor.wait_log('after entered RUNNING')
        tap.ok(time.monotonic() - began > 0.4, 'with start_rate=20 thirteen programs take half a second')
        for info in rpc.getAllProcessInfo():
            os.kill(info['pid'], signal.SIGKILL)
        began = time.monotonic()
        for _ in range(13):
            supervisor.wait_log('entered RUNNING')
        tap.ok(time.monotonic() - began > 0.4, 'programs that were killed together come back one after another')
        tap.ok(all(result['status'] == 80 for result in rpc.stopAllProcesses()), 'what waits for its turn can be stopped')
        began = time.monotonic()
        tap.ok(all(result['status'] == 80 for result in rpc.startAllProcesses()), 'a start waits for its turn')
        tap.ok(time.monotonic() - began > 0.4, 'programs that are started by hand wait too')


def crashes(program, tap):
    text = """
[program:bad]
command=/bin/sh -c "seq 1000; echo last words; echo gasp >&2; kill -SEGV $$"
startretries=0
stdout_logfile=NONE
[program:exits]
command=/bin/sh -c "exit 3"
startsecs=0
autorestart=false
[program:good]
command=/bin/cat
startsecs=0
"""
    with Supervisor(program, text) as supervisor:
        rpc = proxy(supervisor)
        supervisor.wait_log('gave up: bad')
        while rpc.supervisor.getProcessInfo('exits')['statename'] != 'EXITED':
            time.sleep(0.01)
        crash, = rpc.fassembler.getCrashes('bad')
        tap.equal((crash['crashes'], crash['signal'], crash['exitstatus'], crash['reason']),
                  (1, 'SIGSEGV', -1, 'Exited too quickly (process log may have details)'), 'a crash record has the signal')
        lines = crash['output'].splitlines()
        tap.ok('last words' in lines and 'gasp' in lines and len(crash['output']) <= 2048 and
               (lines[0] == '1000' or int(lines[0]) > 400),
               'a crash record has the last lines, of which the first is whole', crash['output'])
        crash, = rpc.fassembler.getCrashes('exits')
        tap.equal((crash['crashes'], crash['signal'], crash['exitstatus'], crash['reason']), (1, '', 3, 'Bad exit code 3'),
                  'a crash record has the exit status')
        rpc.supervisor.stopProcess('good')
        tap.equal([crash['name'] for crash in rpc.fassembler.getCrashes()], ['bad', 'exits'],
                  'what was stopped has not crashed')
        tap.equal(fault_of(rpc.fassembler.getCrashes, 'nope'), (10, 'BAD_NAME: nope'), 'a crash record is of a process')


def sockets(program, tap):
    server = ("import os, socket, sys; fd = 3 + os.environ['LISTEN_FDNAMES'].split(':').index('web'); "
              "assert os.environ['LISTEN_PID'] == str(os.getpid()) and os.environ['LISTEN_FDS'] == '2'; "
              "s = socket.socket(fileno=fd)\nwhile True: c, _ = s.accept(); c.sendall(b'%d' % os.getpid()); c.close()")
    with open('/proc/sys/net/ipv4/ip_local_port_range', encoding='utf-8') as file:
        first = int(file.read().split()[0])
    port = next(port for port in range(first - 1, 1024, -1) if is_free(port))
    text = """
[program:web]
command=/usr/bin/python3 @DIR@/server.py
sockets=local=unix://@DIR@/web.sock, tcp://127.0.0.1:%d
socket_mode=0660
startsecs=0
[program:cat]
command=/bin/cat
startsecs=0
""" % port
    with Supervisor(program, '') as supervisor:
        with open(supervisor.dir + '/server.py', 'w', encoding='utf-8') as file:
            file.write(server)
        supervisor.write(text)
        rpc = proxy(supervisor).supervisor
        rpc.reloadConfig()
        rpc.addProcessGroup('web')
        tap.equal(os.stat(supervisor.dir + '/web.sock').st_mode & 0o777, 0o660, 'a held socket has the mode configured')
        answers, problems, done = [], [], threading.Event()

        def knock():
            while not done.is_set():
                try:
                    with socket.create_connection(('127.0.0.1', port), 30) as peer:
                        answers.append(peer.recv(16))
                except ConnectionRefusedError as problem:
                    problems.append(problem)
                except ConnectionResetError:
                    pass  # accepted by a program that was stopped

        thread = threading.Thread(target=knock)
        thread.start()
        for _ in range(20):
            rpc.stopProcess('web')
            rpc.startProcess('web')
            count = len(answers)
            while len(answers) < count + 3 and not problems:
                time.sleep(0.005)
        done.set()
        thread.join()
        tap.equal(problems, [], 'no connection is refused during 20 restarts')
        tap.ok(len({answer for answer in answers if answer}) >= 20, 'each of the programs has answered', len(answers))
        supervisor.write(text.replace('socket_mode=0660', 'stopwaitsecs=5\nsocket_mode=0660'))
        rpc.reloadConfig()
        tap.ok(proxy(supervisor).fassembler.replaceGroup('web'), 'a group with sockets can be replaced')
        with socket.create_connection(('127.0.0.1', port), 30) as peer:
            tap.equal(peer.recv(16), b'%d' % rpc.getProcessInfo('web')['pid'], 'the sockets go on with the program')
        rpc.stopProcess('web')
        rpc.removeProcessGroup('web')
        tap.ok(is_free(port) and not os.path.exists(supervisor.dir + '/web.sock'), 'held sockets are closed with their group')
        for bad in ('x', 'a:b=tcp://127.0.0.1:1', 'tcp://127.0.0.1:x', 'unix://relative'):
            supervisor.write('[program:web]\ncommand=cat\nsockets=%s\n' % bad)
            tap.ok(fault_of(rpc.reloadConfig)[0] == 92, 'sockets=%s is refused' % bad)


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
        except OSError:
            return False
        return True


def daemon(program, tap):
    with Supervisor(program, '') as supervisor:
        directory = supervisor.dir
        path = directory + '/daemon.conf'
        with open(path, 'w', encoding='utf-8') as out:
            out.write('[supervisord]\nlogfile=%s/d.log\npidfile=%s/d.pid\nchildlogdir=%s\n'
                      '[unix_http_server]\nfile=%s/d.sock\n'
                      '[program:p]\ncommand=/bin/cat\nstartsecs=0\n' % (directory, directory, directory, directory))
        done = subprocess.run([program, '-c', path], check=False, capture_output=True, text=True)
        tap.equal((done.returncode, done.stderr), (0, ''), 'the daemon goes to the background')
        while not os.path.exists(directory + '/d.pid') or 'p entered RUNNING' not in read(directory + '/d.log'):
            time.sleep(0.01)
        pid = int(read(directory + '/d.pid'))
        tap.equal(os.getsid(pid), pid, 'the daemon leads a session of its own')
        second = subprocess.run([program, '-n', '-c', path], check=False, capture_output=True, text=True)
        tap.ok(second.returncode == 2 and 'Another program is already listening' in second.stderr,
               'a second one refuses to run', second.stderr)
        os.kill(pid, signal.SIGTERM)
        while os.path.exists(directory + '/d.pid'):
            time.sleep(0.01)
        tap.ok(True, 'the daemon ends on SIGTERM')


def main():
    tap = Tap()
    program = sys.argv[1]
    for part in (restarts, stopping, logs, floods, readiness, health, waiting_at_the_end, http_ready, configuration,
                 start_rate, crashes, sockets, daemon):
        part(program, tap)
    tap.done()


main()
