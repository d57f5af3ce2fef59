#!/usr/bin/python3
"""The same commands by the stock supervisorctl and by ours, to our supervisor: same words, same exit codes.

  clients.py SUPERVISORD SUPERVISORCTL
"""
import os
import re
import subprocess
import sys

from support import Supervisor, Tap

PROGRAMS = """
[program:cat]
command=/bin/cat
startsecs=0
[program:later]
command=/bin/cat
autostart=false
startsecs=0
[program:pair]
command=/bin/cat
process_name=pair_%(process_num)02d
numprocs=2
startsecs=0
[program:none]
command=/no/such/program
startretries=0
[program:talk]
command=/bin/sh -c "echo out; echo err >&2; exec cat"
startsecs=0
[program:quick]
command=/bin/false
autostart=false
startretries=0
"""

# Each leaves things as it found them, so that the second client meets what the first met.
COMMANDS = [
    'status', 'status cat', 'status pair:*', 'status pair', 'status nope', 'status nope:*', 'status cat nope',
    'status all', 'status none', 'pid', 'pid cat', 'pid all', 'pid later', 'pid nope', 'avail', 'avail x', 'version',
    'version x', 'reread', 'reread x', 'update', 'update nope', 'start', 'start cat', 'start nope', 'start nope:*',
    'start none', 'start quick', 'start cat pair:*', 'stop', 'stop later', 'stop nope', 'stop nope:*', 'restart',
    'restart nope', 'signal', 'signal HUP', 'signal CONT cat', 'signal FOO cat', 'signal CONT later',
    'signal CONT pair:*', 'signal CONT all', 'signal CONT nope', 'tail', 'tail talk', 'tail talk stderr',
    'tail -2 talk', 'tail talk nope', 'tail nope', 'tail -x talk', 'tail a b c d', 'maintail x', 'maintail -x', 'clear',
    'clear nope', 'add', 'add cat', 'add nope', 'remove nope', 'remove cat', 'shutdown x', 'reload x', 'fg', 'fg a b',
    'fg nope', 'fg later', 'open nope', 'help', 'help start', 'help stop', 'help signal', 'help tail', 'help maintail',
    'help restart', 'help status', 'help update', 'help reread', 'help add', 'help remove', 'help avail', 'help clear',
    'help fg', 'help open', 'help pid', 'help quit', 'help exit', 'help reload', 'help shutdown', 'help version',
    'help help', 'help nope', 'nope',
]
PAIRS = [('stop cat', 'start cat'), ('stop pair:*', 'start pair:*'), ('restart cat', None), ('restart pair:*', None),
         ('stop all', 'start all'), ('clear talk', None), ('clear all', None)]


def run(client, supervisor, command):
    done = subprocess.run([client, '-c', supervisor.config] + command.split(), capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    text = re.sub(r'pid \d+, uptime \d:\d\d:\d\d', 'pid N, uptime T', done.stdout)
    text = re.sub(r'(?m)^\d+$', 'N', text)
    text = re.sub(r'more commands [^\n]*\n=+\n[^=]*$', '', text)  # those of our own
    if 'all' in command or ':*' in command:
        text = ''.join(sorted(text.splitlines(keepends=True)))  # they stop in any order
    return text, done.returncode


def update(program, ours, tap):
    text = """
[program:web]
command=/bin/cat
process_name=web_%%(process_num)d
numprocs=%d
startsecs=0
stopwaitsecs=%d
[program:talk]
command=/bin/sh -c "while read line; do echo $line; done"
environment=N="%%(process_num)d"
startsecs=0
stdout_logfile=@DIR@/talk.log
healthcheck=command:/bin/true
healthcheck_interval=%d
[program:one]
command=%s
startsecs=0
[group:both]
programs=web,talk
"""
    with Supervisor(program, text % (3, 10, 10, '/bin/cat')) as supervisor:
        for _ in range(5):
            supervisor.wait_log('entered RUNNING')

        def pids():
            return {name: int(pid) for name, pid in
                    re.findall(r'(\S+) +RUNNING +pid (\d+)', status())}

        def status():
            return subprocess.run([ours, '-c', supervisor.config, 'status'], capture_output=True, text=True, check=False).stdout

        before = pids()
        tap.equal(len(before), 5, 'five programs run before an update')
        supervisor.write(text % (3, 20, 5, '/bin/cat'))
        tap.equal(run(ours, supervisor, 'update'), (
            ''.join('both:web_%d: stopwaitsecs has changed, goes on\n' % i for i in range(3)) +
            'both:talk: healthcheck has changed, goes on\nboth: updated process group\n', 0),
                  'update says what changed, and that it restarts nothing')
        tap.equal(pids(), before, 'programs of which only settings changed go on')
        supervisor.write((text % (2, 20, 5, '/bin/cat -u')).replace('"%(process_num)d"', '"x"').replace(
            '[group:both]', '[program:new]\ncommand=/bin/cat\nstartsecs=0\n[group:both]').replace('web,talk', 'web,talk,new'))
        tap.equal(run(ours, supervisor, 'update'), (
            'both:web_2: no longer configured\nboth:talk: environment has changed\nboth:new: new\n'
            'both:web_2: stopped\nboth:talk: stopped\nboth: updated process group\n'
            'one: command has changed\none: stopped\none: updated process group\n', 0), 'update says why it restarts what')
        supervisor.wait_log("spawned: 'one'")
        after = pids()
        tap.equal(sorted(after), ['both:new', 'both:talk', 'both:web_0', 'both:web_1', 'one'], 'what came runs, what went is gone')
        tap.equal([after[name] == before.get(name) for name in sorted(after)], [False, False, True, True, False],
                  'update restarts only what changed')
        pid = after['both:web_0']
        os.kill(pid, 9)
        supervisor.wait_log('exited: web_0')
        supervisor.wait_log("spawned: 'web_0'")
        tap.ok(pids()['both:web_0'] != pid, 'what went on is looked after as before')
        tap.equal(run(ours, supervisor, 'update'), ('', 0), 'a second update has nothing to do')
        supervisor.write((text % (2, 20, 5, '/bin/cat -u')).replace('[program:one]', '[program:one]\nredirect_stderr=true'))
        tap.equal(run('/usr/bin/supervisorctl', supervisor, 'update one'),
                  ('one: stopped\none: updated process group\n', 0), 'the stock client updates whole groups as ever')


def main():
    program, ours = sys.argv[1:3]
    stock = '/usr/bin/supervisorctl'
    tap = Tap()
    with Supervisor(program, PROGRAMS) as supervisor:
        supervisor.wait_log('talk entered RUNNING')
        for command in COMMANDS:
            tap.equal(run(ours, supervisor, command), run(stock, supervisor, command), 'ctl ' + command)
        run(ours, supervisor, 'start all')
        for there, back in PAIRS:
            answers = []
            for client in (stock, ours):
                answers.append([run(client, supervisor, command) for command in (there, back) if command])
            tap.equal(answers[1], answers[0], 'ctl %s, then %s' % (there, back) if back else 'ctl ' + there)
        tap.equal(run(ours, supervisor, 'shutdown'), ('Shut down\n', 0), 'ctl shutdown')
        supervisor.process.wait()
        tap.equal(run(ours, supervisor, 'status'), run(stock, supervisor, 'status'), 'ctl status of one that is gone')
    update(program, ours, tap)
    tap.done()


main()
