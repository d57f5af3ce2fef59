#!/usr/bin/python3
"""The supervisor as process 1: orphans, signals, the foreground; and an end that follows from that of a program.

  init.py SUPERVISORD
  init.py breed NUMBER    leaves so many orphans
"""
import os
import signal
import subprocess
import sys
import time
import xmlrpc.client

sys.path.insert(0, '/usr/lib/python3/dist-packages')
from supervisor.xmlrpc import SupervisorTransport  # noqa: E402  pylint: disable=wrong-import-position
from support import Supervisor, Tap  # noqa: E402  pylint: disable=wrong-import-position

ORPHANS = 2000
AS_INIT = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'] + ([] if os.getuid() == 0 else ['--user', '--map-root-user'])


def proxy(supervisor):
    transport = SupervisorTransport('', '', 'unix://%s/sock' % supervisor.dir)
    return xmlrpc.client.ServerProxy('http://127.0.0.1', transport).supervisor


def children(pid):
    with open('/proc/%d/task/%d/children' % (pid, pid), encoding='ascii') as file:
        return [int(word) for word in file.read().split()]


def is_zombie(pid):
    try:
        with open('/proc/%d/stat' % pid, encoding='utf-8') as file:
            return file.read().rsplit(')', 1)[1].split()[0] == 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


def as_init(program, text):
    return Supervisor(program, text, 'debug', AS_INIT, 'root')


def orphans(supervisor, pid, tap, who):
    proxy(supervisor).startProcess('breeder', False)
    reaped, bred = 0, False
    while reaped < ORPHANS or not bred:
        line = supervisor.wait_log('')
        reaped += 'reaped unknown pid' in line
        bred |= 'exited: breeder' in line
    while any(is_zombie(child) for child in children(pid)):
        time.sleep(0.01)
    tap.equal(reaped, ORPHANS, '%s reaps %d orphans, and none is left' % (who, ORPHANS))


BREEDING = """
[program:breeder]
command=/usr/bin/python3 %s breed %d
autostart=false
startsecs=0
""" % (os.path.abspath(__file__), ORPHANS)
SIGNALLED = """
[program:told]
command=/bin/bash -c "trap 'echo usr1 >> @DIR@/got' USR1; trap 'echo winch >> @DIR@/got' WINCH; touch @DIR@/up; while :; do sleep 0.01; done"
ready=command:/usr/bin/test -e @DIR@/up
forward_signals=USR1, WINCH
startsecs=0
[program:untold]
command=/bin/cat
startsecs=0
"""


def wait_file(path, text):
    while not os.path.exists(path) or text not in open(path, encoding='ascii').read():
        time.sleep(0.01)


def first_process(program, tap):
    with as_init(program, BREEDING + SIGNALLED) as supervisor:
        pid = children(supervisor.process.pid)[0]
        rpc = proxy(supervisor)
        supervisor.wait_log('told entered RUNNING')
        tap.equal(rpc.getPID(), 1, 'it runs as process 1')
        orphans(supervisor, pid, tap, 'process 1')
        os.kill(pid, signal.SIGUSR1)
        os.kill(pid, signal.SIGWINCH)
        for word in ('usr1', 'winch'):
            wait_file(supervisor.dir + '/got', word)
        tap.equal(rpc.getProcessInfo('untold')['statename'], 'RUNNING', 'a signal goes on to whom it was promised, and to nobody else')
        os.kill(pid, signal.SIGALRM)
        tap.equal(rpc.getState()['statename'], 'RUNNING', 'a signal that nobody wants does nothing to process 1')
        os.kill(pid, signal.SIGTERM)
        tap.equal(supervisor.process.wait(), 0, 'process 1 stops its programs and exits with 0')
        tap.ok('stopped: told' in supervisor.rest(), 'programs of process 1 are stopped in good order')
    for name in ('SIGINT', 'SIGQUIT', 'SIGPWR'):
        with as_init(program, '[program:cat]\ncommand=/bin/cat\nstartsecs=0\n') as supervisor:
            supervisor.wait_log('cat entered RUNNING')
            os.kill(children(supervisor.process.pid)[0], getattr(signal, name))
            supervisor.wait_log('received %s indicating exit request' % name)
            tap.equal(supervisor.process.wait(), 0, name + ' stops process 1')


class Daemon(Supervisor):
    """With a configuration that sends it into the background."""

    def write(self, text, level='info'):
        super().write(text, level)
        with open(self.config, encoding='utf-8') as file:
            config = file.read()
        with open(self.config, 'w', encoding='utf-8') as out:
            out.write(config.replace('nodaemon=true', 'nodaemon=false'))


def foreground(program, tap):
    with Daemon(program, '', 'info', AS_INIT, 'root') as supervisor:
        tap.equal(proxy(supervisor).getPID(), 1, 'process 1 stays in the foreground whatever the configuration says')
        os.kill(children(supervisor.process.pid)[0], signal.SIGTERM)
        tap.equal(supervisor.process.wait(), 0, 'and is stopped from there')


def reaper(program, tap):
    with Supervisor(program, BREEDING, 'debug') as supervisor:
        orphans(supervisor, supervisor.process.pid, tap, 'a supervisor that is not process 1')


def forwarding_changes(program, tap):
    with Supervisor(program, SIGNALLED.split('[program:untold]')[0], 'debug') as supervisor:
        rpc = proxy(supervisor)
        supervisor.wait_log('told entered RUNNING')
        supervisor.process.send_signal(signal.SIGUSR1)
        wait_file(supervisor.dir + '/got', 'usr1')
        rpc.stopProcess('told')
        rpc.removeProcessGroup('told')
        supervisor.process.send_signal(signal.SIGUSR1)
        tap.equal(supervisor.process.wait(), -signal.SIGUSR1, 'what is forwarded to nobody any longer has its old meaning')


def ending(program, tap):
    """What exit_on makes of the ways in which a program ends."""
    steady = '[program:steady]\ncommand=/bin/cat\nstartsecs=0\n'
    main = '[program:main]\nstartsecs=0\nautorestart=unexpected\ncommand=/bin/sh -c "%s"\n%s\n'
    cases = (
        ('exit 0', 'exit_on=exit', 0, 'an expected end under exit_on=exit is a good end'),
        ('exit 7', 'exit_on=exit\nexitcodes=7', 7, 'the exit status of the program is that of the supervisor'),
        ('exit 5', 'exit_on=failure\nautorestart=false', 5, 'a failure under exit_on=failure ends the supervisor'),
        ('kill -9 $$', 'exit_on=failure\nautorestart=false', 137, 'a death by a signal is 128 and its number'),
        ('exit 0', 'exit_on=failure\nstartsecs=1\nstartretries=0', 1, 'a program that is FATAL is a failure'),
        ('exit 9', 'exit_on=failure\nstartsecs=1\nstartretries=0', 9, 'a program that is FATAL hands on its status'),
    )
    for command, options, want, name in cases:
        with Supervisor(program, steady + main % (command, options)) as supervisor:
            tap.equal(supervisor.process.wait(), want, name)
            tap.ok('stopped: steady' in supervisor.rest(), 'the other programs are stopped first')
    missing = '[program:missing]\ncommand=/bin/true\nstartretries=0\nautostart=false\nexit_on=failure\n'
    with Supervisor(program, main % ('exit 0', 'exit_on=failure') + missing) as supervisor:
        supervisor.wait_log('exited: main', '; expected')
        proxy(supervisor).startProcess('missing', False)
        tap.equal(supervisor.process.wait(), 1, 'an expected end is no failure')
    with Supervisor(program, '[program:main]\ncommand=/bin/cat\nstartsecs=0\nexit_on=exit\n') as supervisor:
        rpc = proxy(supervisor)
        supervisor.wait_log('main entered RUNNING')
        pid = rpc.getProcessInfo('main')['pid']
        os.kill(pid, signal.SIGKILL)
        supervisor.wait_log("spawned: 'main'")
        rpc.stopProcess('main')
        tap.equal(rpc.getState()['statename'], 'RUNNING', 'neither a restart nor a stop that was asked for ends the supervisor')


def mistakes(program, tap):
    for options, want in (('exit_on=sometimes', "exit_on: 'sometimes' is none of never, failure, exit"),
                          ('forward_signals=TERM', "forward_signals: 'TERM' is one that the supervisor cannot pass on"),
                          ('forward_signals=FOO', "value 'FOO' is not a valid signal name")):
        path = '/dev/stdin'
        text = '[supervisord]\n[program:x]\ncommand=/bin/cat\n%s\n' % options
        done = subprocess.run([program, '-c', path, '--print-config'], input=text, capture_output=True, text=True, check=False)
        tap.ok(done.returncode == 2 and want in done.stderr, 'refused: ' + options, done.stderr)


def breed(number):
    for _ in range(number):
        child = os.fork()
        if child == 0:
            os.fork()
            os._exit(0)
        os.waitpid(child, 0)


def main():
    if sys.argv[1] == 'breed':
        breed(int(sys.argv[2]))
        return
    tap = Tap()
    program = sys.argv[1]
    mistakes(program, tap)
    ending(program, tap)
    forwarding_changes(program, tap)
    reaper(program, tap)
    if subprocess.run(AS_INIT + ['true'], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        first_process(program, tap)
        foreground(program, tap)
    else:
        tap.skip('the-supervisor-is-process-1', 'no namespaces may be made')
    tap.done()


main()
