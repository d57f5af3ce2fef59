#!/usr/bin/python3
"""A deployment that is killed, or whose calls fail, anywhere: the environment serves one whole build at every moment, the next
command finishes or undoes what is open, and the ledger is whole.

  deploy.py FASSEMBLER FAULT.SO [--strikes N] [--lanes N] [--seed S]
  deploy.py FASSEMBLER FAULT.SO --all

Struck are every call of the switch, killed and failed, and N (200) drawn from a whole deployment; with --all every call of a
whole one, killed and failed. LANES products are worked on at once, since a deployment mostly waits; every second of them
keeps what was replaced running, and is taken back to it now and then.
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ERRORS = {'EIO': 5, 'ENOSPC': 28, 'ENOMEM': 12, 'EMFILE': 24}
KILLED = 'SIGKILL'
SECONDS = 60  # for one command; whatever takes longer hangs
NAME = 'live.minimal'
PORTS = 100  # of one environment; nobody needs the last one
LANES_MAX = 5


class Wrong(Exception):
    """Something is not as it has to be."""


class Strike:
    """Call @at of a deployment, or of its switch, fails with @error, or it is killed there."""

    def __init__(self, error, at, is_switch):
        self.error, self.at, self.is_switch = error, at, is_switch

    def __str__(self):
        return '%s at call %d%s' % (self.error, self.at, ' of the switch' if self.is_switch else '')


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def free_ports():
    """Those of all lanes."""
    return int(subprocess.run([os.path.join(HERE, '..', 'free-ports'), str(LANES_MAX * PORTS)], stdout=subprocess.PIPE,
                              check=True).stdout)


class Lane:
    """A product of its own, deployed and struck again and again."""

    def __init__(self, options, directory, number, ports, dice):
        self.program, self.fault, self.dice = options.program, options.fault, dice
        self.product = os.path.join(directory, 'product%d' % number)
        self.live = self.product + '/home/sites/minimal/live'
        self.count_file = os.path.join(directory, 'count%d' % number)
        self.environment = {key: value for key, value in os.environ.items() if key != 'FASSEMBLER_HOME'}
        self.environment['FASSEMBLER_LIBEXEC'] = os.path.dirname(self.program)
        self.base = ports + number * PORTS
        self.edge = self.base + PORTS - 1
        self.is_keeping = number % 2 == 1
        self.pages = {}  # release -> what it says
        self.served_once = set()
        self.said = ''
        self.counts = {}

    def run(self, *words, fault=None, statuses=(0,)):
        environment = dict(self.environment, **(fault or {}))
        done = subprocess.run([self.program, '-C', self.product, *words], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS, check=False)
        self.said = '%s: %d\n%s' % (' '.join(words), done.returncode, done.stderr.decode(errors='replace'))
        if statuses is not None and done.returncode not in statuses:
            raise Wrong('%s has status %d:\n%s' % (' '.join(words), done.returncode, self.said))
        return done.returncode, done.stdout

    def ask(self, *words):
        return json.loads(self.run(*words, '--json')[1])

    def make(self):
        subprocess.run([self.program, '-q', 'new', self.product], env=self.environment, check=True)
        os.mkdir(self.product + '/home')
        with open(self.product + '/etc/hello/greeting.txt', 'w', encoding='utf-8') as file:
            file.write('${release}\n')
        yaml = self.product + '/fassembler.yaml'
        text = read(yaml).replace('  dev:  {host: dev, track: anything, ports: 100}\n', '').replace('base-port: 8700', 'base-port: %d' % self.base)
        os.remove(self.product + '/sites/minimal.yaml')
        if self.is_keeping:
            text = text.replace('track: release,', 'track: release, keep-old: 1h,')
        with open(yaml, 'w', encoding='utf-8') as file:
            file.write(text + 'edge: {listen: "127.0.0.1:%d"}\n' % self.edge)
        for label in ('0.1', '0.1.1'):
            self.cut(label)
            self.deploy(label)
        self.run('edge', 'apply')

    def end(self):
        for words in (('edge', 'stop'), ('down', NAME)):
            self.run(*words, statuses=None)

    def cut(self, label=None):
        page = 'page %d' % len(self.pages)
        with open(self.product + '/hello/www/index.html', 'w', encoding='utf-8') as file:
            file.write(page)
        label = self.ask('release', 'cut', *([label] if label else []))['release']
        self.pages[label] = page
        return label

    def deploy(self, label, **how):
        return self.run('deploy', label, NAME, '--no-watch', **how)

    def get(self, path):
        request = urllib.request.Request('http://127.0.0.1:%d/%s' % (self.edge, path), headers={'Host': 'www.minimal.example'})
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.read().decode()

    def served(self):
        """The release whose page and whose rendered file are served: both of one."""
        label, page = self.get('greeting.txt').strip(), self.get('')
        if self.pages.get(label) != page:
            raise Wrong('half of it is served: %s with %s' % (label, page))
        return label

    def position(self):
        return self.ask('ledger', 'log', '--last', '1')['events'][-1]['position']

    def count(self, label, fault):
        """How many calls there are in what @fault marks, of a deployment that nothing disturbs."""
        self.deploy(label, fault=dict(fault, LD_PRELOAD=self.fault, FAULT_COUNT=self.count_file))
        return int(read(self.count_file))

    def marks(self, is_switch):
        """The deployment that comes next is called by its place in the ledger."""
        if not is_switch:
            return {}
        mark = '"id":"d%d","state":"begun","step":"%%s"' % (self.position() + 1)
        return {'FAULT_AFTER': mark % 'switch', 'FAULT_UNTIL': mark % 'maintenance-off'}

    def other(self):
        """What to deploy: now and then a release that is built for it, else one that was there."""
        now = self.served()
        if self.dice.random() < 0.3:
            return self.cut()
        return self.dice.choice([label for label in self.pages if label != now][-3:])

    def finish(self, label, status):
        """What is open is finished, given up, or met by the next command; whether one was is in the ledger."""
        is_open = self.open() is not None
        if status == 0 and is_open:
            raise Wrong('it says that it is done, and is not')
        way = self.dice.choice(('--resume', '--undo', 'next'))
        if way == 'next':
            self.deploy(label)
            return
        # What has been switched is not given up, and what failed before that is undone by the one as by the other.
        got, _ = self.run('deploy', way, NAME, *(['--no-watch'] if way == '--resume' else []),
                          statuses=(0, 1, 3) if is_open else (4,))
        if is_open and got == 3:
            self.run('deploy', '--resume', NAME, '--no-watch', statuses=(0, 1))

    def open(self):
        rows = self.ask('history', NAME)['rows']
        return next((row for row in rows if row['id'] and row['ended-at'] is None), None)

    def has_left_old(self):
        """Could what ran in the other slot not be stopped? The next deployment does it."""
        steps = [step['payload'] for step in self.ask('ledger', 'log', '--kind', 'deploy.step', '--last', '12')['events']]
        return any(step['step'] in ('stop', 'render') and step['state'] == 'failed' for step in steps)

    def check(self):
        """Nothing is open or half, and everybody says the same."""
        label = self.served()
        self.served_once.add(label)
        if self.has_left_old():
            self.deploy(label)
        build = os.path.basename(os.readlink(self.live + '/current'))
        slot = 'b' if os.path.exists(self.live + '/current/slot-b') else 'a'
        other = 'a' if slot == 'b' else 'b'
        facts = self.ask('board')['sites'][0]['environments'][0]
        processes = [(one['name'], one['state']) for one in self.ask('status', NAME)['processes']]
        events = {kind: len(self.ask('ledger', 'log', '--kind', kind, '--last', '100000')['events'])
                  for kind in ('deploy.begun', 'deploy.ended')}
        self.run('ledger', 'verify')
        is_kept = os.path.exists(self.live + '/var/beside/keep.conf')
        names = {'a': 'hello', 'b': 'hello.b'}
        running, beside = [(names[slot], 'RUNNING')], ['none.conf']
        if is_kept:
            running += [(names[other], 'RUNNING'), ('old.keep', 'RUNNING')]
            beside += [other + '.conf', 'keep.conf']
        files = [name for name in os.listdir(self.live + '/var/beside') if name[0] != '.' and name.endswith('.conf')]
        for is_well, what in (
                (json.loads(read(self.live + '/current/build.json'))['release'] == label, 'current is of another release'),
                (facts['release'] == label and facts['build'] == build, 'the board says %r' % facts),
                (facts['health'] == 'well', 'it is %s' % facts['health']),
                (sorted(processes) == sorted(running), 'there run %r' % processes),
                (events['deploy.begun'] == events['deploy.ended'], 'a deployment is open'),
                (sorted(files) == sorted(beside), 'beside are %r' % files),
                (self.is_keeping or not is_kept, 'something is kept'),
                (os.path.basename(os.readlink(self.live + '/slots/' + slot)) == build, 'its slot has another build'),
                (os.path.lexists(self.live + '/slots/' + other) == is_kept, 'a build is left in the other slot'),
                (os.listdir(self.live + '/builds') != [], 'no build is kept')):
            if not is_well:
                raise Wrong(what)

    def strike(self, strike):
        label = self.other()
        fault = dict(self.marks(strike.is_switch), LD_PRELOAD=self.fault, FAULT_AT=str(strike.at),
                     FAULT_ERRNO=str(ERRORS.get(strike.error, 0)))
        words = ['deploy', label, NAME]
        if label in self.served_once and self.dice.random() < 0.5:
            words = ['rollback', NAME, '--to', label]
        status, _ = self.run(*words, '--no-watch', fault=fault, statuses=(0, 1, 6, 7, -9))
        struck = self.said
        try:
            self.served()
            self.finish(label, status)
            self.check()
        except (Wrong, OSError, subprocess.TimeoutExpired) as problem:
            raise Wrong('%s\n%s\n%s' % (problem, struck, self.said)) from problem
        return status


class Work:
    """All strikes, shared by the lanes."""

    def __init__(self, options, directory):
        self.lanes = []
        self.lock = threading.Lock()
        self.problems = []
        self.ends = {}  # status -> how often
        ports = free_ports()
        for number in range(options.lanes):
            dice = random.Random('%s/%d' % (options.seed, number))
            self.lanes.append(Lane(options, directory, number, ports, dice))

    def each(self, call, *lists):
        threads = [threading.Thread(target=call, args=(lane, *(one[number::len(self.lanes)] for one in lists)))
                   for number, lane in enumerate(self.lanes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def make(self, lane):
        try:
            lane.make()
        except Exception as problem:  # pylint: disable=broad-except
            self.problems.append('%r\n%s' % (problem, lane.said))

    def strike(self, lane, strikes):
        for strike in strikes:
            try:
                status = lane.strike(strike)
            except Exception as problem:  # pylint: disable=broad-except
                self.problems.append('%s: %s' % (strike, problem if isinstance(problem, Wrong) else repr(problem)))
                return
            with self.lock:
                self.ends[status] = self.ends.get(status, 0) + 1


def draw(options, lane):
    """(of the switch, of the rest)"""
    dice = random.Random(options.seed)
    errors = sorted(ERRORS)
    at_switch = lane.count('0.1', lane.marks(True))
    whole = max(lane.count(lane.cut(), {}), lane.count('0.1', {}))
    print('# %d calls, of which %d of the switch' % (whole, at_switch), flush=True)
    switch = [Strike(error, at, True) for at in range(1, at_switch + 1) for error in (KILLED, dice.choice(errors))]
    if options.all:
        rest = [Strike(error, at, False) for at in range(1, whole + 1) for error in (KILLED, dice.choice(errors))]
    else:
        rest = [Strike(dice.choice([KILLED, KILLED, dice.choice(errors)]), dice.randint(1, whole), False)
                for _ in range(options.strikes)]
    return switch, rest


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('program', type=os.path.realpath)
    parser.add_argument('fault', type=os.path.realpath)
    parser.add_argument('--strikes', type=int, default=200)
    parser.add_argument('--lanes', type=int, default=LANES_MAX, choices=range(1, LANES_MAX + 1))
    parser.add_argument('--seed', default=os.environ.get('SEED') or str(int(time.time())))
    parser.add_argument('--all', action='store_true')
    options = parser.parse_args()
    print('# SEED=%s' % options.seed, flush=True)
    directory = tempfile.mkdtemp(prefix='fassembler-torture.', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
    work = Work(options, directory)
    names = ['a-deployment-killed-or-failed-at-any-call-of-the-switch-is-finished-or-undone',
             'a-deployment-killed-or-failed-anywhere-is-finished-or-undone']
    failures = 0
    try:
        work.each(work.make)
        switch, rest = draw(options, work.lanes[0]) if not work.problems else ([], [])
        for number, (name, strikes) in enumerate(zip(names, (switch, rest)), 1):
            work.ends.clear()
            if strikes:
                work.each(work.strike, strikes)
            is_well = not work.problems and work.ends.get(-9, 0) > 0 and sum(work.ends.values()) > work.ends.get(0, 0)
            failures += not is_well
            print('%sok %d - %s' % ('' if is_well else 'not ', number, name))
            print('# %d strikes; ends by status: %r' % (len(strikes), dict(sorted(work.ends.items()))))
            for problem in work.problems:
                print('# ' + problem.replace('\n', '\n# '), flush=True)
    finally:
        work.each(Lane.end)
        subprocess.run(['chmod', '-R', 'u+w', directory], check=False)
        shutil.rmtree(directory, ignore_errors=True)
    print('1..%d' % len(names))
    sys.exit(failures > 0)


main()
