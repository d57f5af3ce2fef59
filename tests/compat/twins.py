#!/usr/bin/python3
"""The same configuration, calls and commands for supervisord 4.2.5 and for ours: the same answers.

  twins.py SUPERVISORD SUPERVISORCTL

What is not the same on purpose is in docs/coming-from-supervisor.md, and is not asked here.
"""
import os
import re
import signal
import subprocess
import sys
import time
import xmlrpc.client

from support import Supervisor, Tap, proxy

PROGRAMS = """
[program:cat]
command=/bin/cat
startsecs=0
[program:later]
command=/bin/cat
autostart=false
startsecs=0
directory=/tmp
environment=A="1",B=2
[program:pair]
command=/bin/cat
process_name=pair_%(process_num)02d
numprocs=2
startsecs=0
priority=5
[program:none]
command=/no/such/program
startretries=0
[program:talk]
command=/bin/sh -c "echo out; echo err >&2; exec cat"
startsecs=0
stdout_logfile=@DIR@/talk.log
[program:nolog]
command=/bin/cat
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
[program:redir]
command=/bin/sh -c "echo out; echo err >&2; exec cat"
startsecs=0
redirect_stderr=true
stdout_logfile=@DIR@/redir.log
[program:dir]
command=/tmp
autostart=false
[program:noexec]
command=/etc/passwd
autostart=false
[program:badquote]
command=/bin/cat "x
autostart=false
[group:g]
programs=a,b
priority=7
[program:a]
command=/bin/cat
startsecs=0
[program:b]
command=/bin/sh -c "read line; exit 3"
startsecs=0
autorestart=false
[fcgi-program:fc]
command=/bin/sleep 1000
socket=unix://@DIR@/fc.sock
startsecs=0
[eventlistener:el]
command=/bin/cat
events=TICK_3600
startsecs=0
"""
NAMES = ['cat', 'later', 'pair', 'pair:*', 'pair:', 'pair:pair_00', 'pair:nope', 'none', 'talk', 'nolog', 'redir', 'dir', 'noexec',
         'badquote', 'g', 'g:*', 'g:a', 'a', 'g:b', 'fc', 'el', 'nope', 'nope:*', '', '*', ':', ':*', ':a', 'cat:', 'cat:cat',
         'cat:cat:cat', 'CAT', 'cat ', '\u00e4']
PIECES = [(0, 0), (0, 10), (0, 3), (1, 2), (-3, 0), (-3, 1), (-1000, 0), (1000, 0), (1000, 5), (0, -1), (0, 10**9), (3, 0), (2, 2),
          (4, 100), ('0', '10'), (0.0, 1.5), (True, True), ('-2', 0), (0,), (0, 0, 0)]
SIGNALS = ['CONT', 'cont', 'SIGCONT', '18', 18, 0, 'FOO', '', -1, 99, 'RTMIN+1']
# Some of the names, for calls that supervisord takes a second for each.
SOME = ['cat', 'later', 'pair:*', 'pair:nope', 'none', 'dir', 'badquote', 'g:a', 'nope', '']
COMMANDS = """status cat|status cat cat|status pair:*|status pair:|status :|status *|status cat:cat|status g:a b|status nope:* cat
tail|tail talk|tail -2 talk|tail -5 talk stderr|tail talk STDERR|tail talk Stdout|tail talk Foo|tail -0 talk|tail -x talk|tail - talk
tail --2 talk|tail -1_0 talk|tail -f|tail -5|tail +5 talk|tail nolog|tail nolog stderr|tail redir stderr|tail talk stdout x y|tail pair:*
maintail foo|maintail -foo|maintail -5 x|signal|signal HUP|signal cont cat|signal 18 cat|signal 0 cat|signal FOO cat|signal FOO pair:*
signal FOO all|signal CONT g:*|signal CONT nope:*|signal CONT nope cat|signal CONT none later|signal CONT later cat|signal CONT :
pid cat nope later|pid all|pid pair:*|avail|avail x|version|version x|reread|reread x|update|update nope|update all|update cat nope
start|start none|start dir|start noexec|start badquote|start nope|start nope:*|start nope: cat|start cat later|start g|start pair:pair_00 pair:x
stop|stop later|stop later cat|stop nope|stop nope:*|restart|restart cat|restart nope|restart nope:*|restart pair:*|clear|clear cat nope
clear nolog|clear later|clear all|add|add cat|add nope cat|remove|remove cat|remove nope|stop later|remove later|remove later|status later
avail|add later|add later|fg|fg a b|fg nope|fg later|fg pair:*|open|open nope|open ftp://x|help help|help ?|help start|help start stop
help EOF|help nope|nope|nope x y|? start|!|!ls|EOF|exit|quit now|STATUS|shutdown x|reload x|-s unix:///nope.sock status
-s unix:///nope.sock start cat|-s unix:///nope.sock pid|-s unix:///nope.sock shutdown|-s http://127.0.0.1:1 status
-s http://127.0.0.1:1 tail x|-s http://127.0.0.1:1 shutdown"""
SHELLS = ['status cat\nquit\n', 'foo\nstop cat\nstart cat\nstatus cat\nexit\n', '\n\nhelp tail\nEOF\n', 'status cat',
          'shutdown\nn\nreload\nn\nreload\n\nversion\n', 'start\ntail\n-\nhelp help\nhelp ?\n!ls\nSTATUS\n',
          'open http://127.0.0.1:1\nstatus\nopen x\n', 'add\nclear\nfg\nfg nope\n']


def calls():
    for name in NAMES:
        yield 'getProcessInfo', (name,)
        for method in ('readProcessStdoutLog', 'readProcessStderrLog', 'tailProcessStdoutLog', 'tailProcessStderrLog'):
            yield method, (name, 0, 0)
    for name in ('talk', 'redir'):
        for piece in PIECES:
            yield 'readProcessStdoutLog', (name, *piece)
            yield 'tailProcessStdoutLog', (name, *piece)
    for args in ((0,), ('0', '3'), (0, -5), (-5, 5), (0, 0, 0)):
        yield 'readLog', args
    for name in NAMES:
        if name not in ('talk', 'redir'):
            yield 'clearProcessLogs', (name,)
    for name in SOME:
        yield 'startProcess', (name,)
        yield 'stopProcess', (name,)
        yield 'stopProcess', (name,)
        yield 'startProcess', (name, True)
    for name in ('cat', 'nope', 'pair:*', 'later', 'pair', ''):
        for signal in SIGNALS:
            yield 'signalProcess', (name, signal)
            yield 'signalProcessGroup', (name, signal)
    for signal in SIGNALS:
        yield 'signalAllProcesses', (signal,)
    for method in ('stopProcessGroup', 'startProcessGroup', 'addProcessGroup', 'removeProcessGroup'):
        for name in SOME if 'top' in method or 'tart' in method else NAMES:
            yield method, (name,)
    for name in NAMES:
        yield 'sendProcessStdin', (name, 'x\n')
    for data in ('', '\u00e4', None):
        yield 'sendProcessStdin', ('cat', data)
    for method in ('nope', 'getState', 'getPID', 'getVersion', 'getIdentification', 'clearAllProcessLogs', 'reloadConfig'):
        yield method, (1,)
    yield 'getIdentification', ()
    yield 'getAllConfigInfo', ()


def multicalls():
    yield from ([], [{}], [{'methodName': 'supervisor.getState'}], [{'methodName': 'supervisor.getState', 'params': [1]}],
                [{'methodName': 'nope', 'params': []}], [{'methodName': 'system.multicall', 'params': [[]]}], [{'params': []}],
                [{'methodName': 'supervisor.stopProcess', 'params': ['cat']}, {'methodName': 'supervisor.startProcess', 'params': ['cat']}],
                5, {}, None, [{'methodName': 'supervisor.getState', 'params': 'x'}])


def plain(supervisor, value):
    """A value without what must differ: folders, times, process ids."""
    if isinstance(value, str):
        value = value.replace(supervisor.dir, '@DIR@')
        value = re.sub(r'pid \d+, uptime \d:\d\d:\d\d', 'pid N, uptime T', value)
        value = re.sub(r'\w{3} \d\d \d\d:\d\d [AP]M', 'WHEN', value)
        return re.sub(r'---supervisor-\w{8}\.log', '---supervisor-XXXXXXXX.log', value)
    if isinstance(value, list):
        value = [plain(supervisor, one) for one in value]
        # Those that stop together stop in any order.
        return sorted(value, key=repr) if value and isinstance(value[0], dict) and 'status' in value[0] else value
    if isinstance(value, dict):
        return {key: '#' if key in ('pid', 'start', 'stop', 'now') and one else plain(supervisor, one) for key, one in value.items()}
    return value


def ask(supervisor, method, args):
    try:
        transport = proxy(supervisor)
        transport._ServerProxy__allow_none = True  # pylint: disable=protected-access
        return plain(supervisor, getattr(transport, method)(*args))
    except xmlrpc.client.Fault as fault:
        return fault.faultCode, plain(supervisor, fault.faultString)


def command(supervisor, client, words, stdin=''):
    done = subprocess.run([client, '-c', supervisor.config, *words] if words[:1] != ['-s'] else [client, *words], input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    text = re.sub(r'(?m)^(supervisor> )?\d+$', r'\1N', plain(supervisor, done.stdout)).replace(client, 'CTL')
    if 'all' in words or any(':*' in word for word in words):
        text = ''.join(sorted(text.splitlines(keepends=True)))
    return text, done.returncode


def followed(supervisor, client, words):
    """What is shown until Ctrl-C, which is pressed when the first words of the log are there, and how it ends."""
    proxy(supervisor).supervisor.sendProcessStdin('redir', 'out\nerr\n')
    env = dict(os.environ, PYTHONUNBUFFERED='1')
    with subprocess.Popen([client, '-c', supervisor.config, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env) as process:
        text = b''
        while not text.endswith((b'out\nerr\n', b'404\n')) and (piece := process.stdout.read1()):
            text += piece
        if b'404' not in text:
            process.send_signal(signal.SIGINT)
        text += process.stdout.read()
        return plain(supervisor, text.decode()), process.wait()


def settle(supervisor):
    """Until all that starts by itself has started, and what was written is in the logs."""
    rpc = proxy(supervisor).supervisor
    while ({'STARTING', 'BACKOFF'} & {info['statename'] for info in rpc.getAllProcessInfo()} or
           rpc.readProcessStdoutLog('redir', 0, 0) != 'out\nerr\n' or
           rpc.readProcessStdoutLog('talk', 0, 0) != 'out\n'):
        time.sleep(0.02)


def main():
    tap = Tap()
    ours, our_client = sys.argv[1:3]
    with Supervisor('/usr/bin/supervisord', PROGRAMS) as model, Supervisor(ours, PROGRAMS) as twin:
        for supervisor in (model, twin):
            settle(supervisor)
        for words in COMMANDS.replace('\n', '|').split('|'):
            tap.equal(command(twin, our_client, words.split()), command(model, '/usr/bin/supervisorctl', words.split()), 'ctl ' + words)
        for typed in SHELLS:
            tap.equal(command(twin, our_client, [], typed), command(model, '/usr/bin/supervisorctl', [], typed), 'ctl < %r' % typed)
        for words in ('tail -f redir', 'tail -f nolog', 'tail -f nope'):
            tap.equal(followed(twin, our_client, words.split()), followed(model, '/usr/bin/supervisorctl', words.split()), words)
        tap.equal(command(twin, our_client, ['']), command(model, '/usr/bin/supervisorctl', ['']), 'ctl with an empty command')
    with Supervisor('/usr/bin/supervisord', PROGRAMS) as model, Supervisor(ours, PROGRAMS) as twin:
        for supervisor in (model, twin):
            settle(supervisor)
        for method, args in calls():
            tap.equal(ask(twin, 'supervisor.' + method, args), ask(model, 'supervisor.' + method, args), '%s%r' % (method, args))
        for list_ in multicalls():
            tap.equal(ask(twin, 'system.multicall', (list_,)), ask(model, 'system.multicall', (list_,)), 'multicall(%r)' % (list_,))
        for method in ('system.listMethods', 'system.methodSignature', 'system.methodHelp', 'nope.nope', 'supervisor', 'system.multicall'):
            args = ('nope',) if method.startswith('system.method') else (1,)
            tap.equal(ask(twin, method, args), ask(model, method, args), '%s%r' % (method, args))
    tap.done()


main()
