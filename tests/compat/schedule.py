#!/usr/bin/python3
"""Scheduled programs, by a clock that the test sets.

  schedule.py SUPERVISORD SUPERVISORCTL CLOCK-LIBRARY
"""
import contextlib
import datetime
import mmap
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
import zoneinfo

from support import Supervisor, Tap, fault_of, proxy

ZONE = 'Europe/Berlin'
PROGRAMS = """
[program:nightly]
command=/bin/sh -c "exit 3"
schedule=30 2 * * *
[program:quarter]
command=/bin/true
schedule=*/15 * * * *
[program:long]
command=/bin/cat
schedule=*/15 * * * *
[program:each]
command=/bin/true
process_name=each_%(process_num)d
numprocs=2
schedule=%(process_num)d 0 1 1 *
[program:usual]
command=/bin/cat
startsecs=0
"""


class Clock:
    """What tests/compat/clock.c reads."""

    def __init__(self, now):
        self.scratch = tempfile.TemporaryDirectory(prefix='clock')
        self.dir = self.scratch.name
        with open(self.dir + '/clock', 'wb') as file:
            file.write(struct.pack('4q', 0, 0, 0, 0))
        with open(self.dir + '/clock', 'r+b') as file:
            self.map = mmap.mmap(file.fileno(), 32)
        os.mkfifo(self.dir + '/alarm')
        self.alarm = os.open(self.dir + '/alarm', os.O_RDWR)
        self.put(now)

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        os.close(self.alarm)
        self.map.close()
        self.scratch.cleanup()

    def put(self, now):
        self.map[:8] = struct.pack('q', seconds(now))

    def set_to(self):
        """What the timer waits for, how often it was set, and its flags."""
        return struct.unpack('3q', self.map[8:32])

    def ring(self, now):
        """It is @now, what the timer waits for."""
        self.put(now)
        os.write(self.alarm, b'x')

    def change(self, now):
        """Somebody has set the clock to @now."""
        self.put(now)
        os.write(self.alarm, b'c')

    def wait_set(self, when):
        while self.set_to()[0] != seconds(when):
            time.sleep(0.01)


def seconds(text):
    """Local time; a second one with the same name has a ' again' behind it."""
    again = text.endswith(' again')
    date = datetime.datetime.fromisoformat(text.removesuffix(' again'))
    return int(date.replace(tzinfo=zoneinfo.ZoneInfo(ZONE), fold=again).timestamp())


@contextlib.contextmanager
def supervisor_at(program, library, now, text):
    with Clock(now) as clock:
        env = ('env', 'LD_PRELOAD=' + library, 'CLOCK_DIR=' + clock.dir, 'TZ=' + ZONE)
        with Supervisor(program, text, 'debug', env) as supervisor:
            yield supervisor, proxy(supervisor), clock


def ran(supervisor, name):
    supervisor.wait_log("spawned: '%s'" % name)
    supervisor.wait_log('exited: %s' % name)


def wait_exited(rpc, *names):
    """One that still runs when it is due again would not be started."""
    while any(rpc.supervisor.getProcessInfo(name)['statename'] != 'EXITED' for name in names):
        time.sleep(0.01)


def shown(rpc, name):
    info = rpc.supervisor.getProcessInfo(name)
    return info['statename'], info['description']


def runs(program, library, ctl, tap):
    with supervisor_at(program, library, '2026-03-28 12:00', PROGRAMS) as (supervisor, rpc, clock):
        supervisor.wait_log('usual entered RUNNING')
        clock.wait_set('2026-03-28 12:15')
        tap.equal(clock.set_to()[2], 3, 'the timer goes by the wall clock and is told when it is set')
        tap.equal(shown(rpc, 'nightly'), ('STOPPED', 'Not started, next run at 2026-03-29 03:00'),
                  'a program shows when it runs next, and what the spring leaves out it makes up for')
        tap.equal([shown(rpc, 'each:each_%d' % i)[1] for i in range(2)],
                  ['Not started, next run at 2027-01-01 00:00', 'Not started, next run at 2027-01-01 00:01'],
                  'processes of a program may have times of their own')
        clock.ring('2026-03-28 12:15')
        ran(supervisor, 'quarter')
        clock.wait_set('2026-03-28 12:30')
        tap.equal(shown(rpc, 'quarter'), ('EXITED', 'Mar 28 12:15 PM, next run at 2026-03-28 12:30'),
                  'a program runs when it is due and then waits for the next time')
        count = clock.set_to()[1]
        clock.ring('2026-03-28 12:30')
        supervisor.wait_log("long is due at 2026-03-28 12:30 and still RUNNING: it is not started again")
        clock.wait_set('2026-03-28 12:45')
        tap.equal(clock.set_to()[1], count + 1, 'the timer is set once for each time that something is due')
        with_ctl = subprocess.run([ctl, '-c', supervisor.config, 'status', 'long', 'nightly'], capture_output=True, text=True,
                                  check=False).stdout
        tap.ok(re.search(r'^long +RUNNING +pid \d+, uptime \d:\d\d:\d\d\nnightly +STOPPED +Not started, next run at 2026', with_ctl),
               'status shows it', with_ctl)


def by_hand(program, library, tap):
    with supervisor_at(program, library, '2026-03-28 12:00', PROGRAMS) as (supervisor, rpc, clock):
        supervisor.wait_log('usual entered RUNNING')
        tap.ok(rpc.supervisor.stopProcess('quarter') is True, 'a program that waits for its time can be stopped')
        tap.equal(shown(rpc, 'quarter'), ('STOPPED', 'Not started, no next run until it is started'),
                  'what was stopped by hand does not run until it is started by hand')
        tap.equal(fault_of(rpc.supervisor.stopProcess, 'quarter'), (70, 'NOT_RUNNING: quarter'), 'it is stopped once')
        clock.wait_set('2026-03-28 12:15')
        clock.ring('2026-03-28 12:15')
        supervisor.wait_log("spawned: 'long'")
        clock.wait_set('2026-03-28 12:30')
        tap.ok(not any("spawned: 'quarter'" in line for line in supervisor.seen), 'what was stopped by hand does not run')
        stopped = {result['name'] for result in rpc.supervisor.stopAllProcesses()}
        tap.equal(stopped, {'nightly', 'long', 'each_0', 'each_1', 'usual'}, 'stop all stops what runs and what would run')
        while clock.set_to()[0] != 0:
            time.sleep(0.01)
        tap.ok(True, 'nothing wakes the supervisor where nothing is due')
        started = {result['name'] for result in rpc.supervisor.startAllProcesses()}
        tap.equal(started, {'nightly', 'quarter', 'long', 'each_0', 'each_1', 'usual'}, 'start all starts all again')
        clock.wait_set('2026-03-28 12:30')
        tap.equal(shown(rpc, 'quarter'), ('STOPPED', 'Not started, next run at 2026-03-28 12:30'),
                  'with start all what is scheduled waits for its time')
        rpc.supervisor.startProcess('quarter')
        ran(supervisor, 'quarter')
        tap.ok(True, 'a program that is started by its name runs at once')
        rpc.supervisor.startProcess('nightly', False)
        ran(supervisor, 'nightly')
        wait_exited(rpc, 'nightly')
        crash, = rpc.fassembler.getCrashes('nightly')
        tap.equal((crash['crashes'], crash['reason']), (1, 'Bad exit code 3'), 'a run that failed is a crash')
        tap.equal(shown(rpc, 'nightly'), ('EXITED', 'Mar 28 12:15 PM, next run at 2026-03-29 03:00'),
                  'a run that failed is not repeated before its time')


def clock_changes(program, library, tap):
    with supervisor_at(program, library, '2026-10-25 01:50', PROGRAMS) as (supervisor, rpc, clock):
        clock.wait_set('2026-10-25 02:00')
        clock.change('2026-10-25 04:00')
        ran(supervisor, 'nightly')
        wait_exited(rpc, 'nightly', 'quarter')
        clock.wait_set('2026-10-25 04:15')
        tap.ok(shown(rpc, 'nightly')[1].endswith('next run at 2026-10-26 02:30'), 'what a clock set forward left out runs once')
        clock.change('2026-10-25 02:20 again')
        clock.wait_set('2026-10-25 02:30 again')
        tap.ok(shown(rpc, 'nightly')[1].endswith('next run at 2026-10-26 02:30'), 'what has run is not repeated by a clock set back')
        clock.ring('2026-10-25 02:30 again')
        ran(supervisor, 'quarter')
        wait_exited(rpc, 'quarter')
        tap.ok(True, 'what is due every hour follows the time that passes')
        clock.change('2026-10-24 12:00')
        clock.wait_set('2026-10-24 12:15')
        tap.ok(shown(rpc, 'nightly')[1].endswith('next run at 2026-10-25 02:30'), 'a clock set back by a day was wrong before')
        clock.change('2026-10-28 12:00')
        supervisor.wait_log('nightly was due at 2026-10-25 02:30, too long ago to make up for')
        clock.wait_set('2026-10-28 12:15')
        tap.ok(True, 'a clock set forward by days makes up for nothing')


def settings(program, library, tap):
    text = """
[program:a]
command=/bin/cat
schedule=%s
%s"""
    with supervisor_at(program, library, '2026-03-28 12:00', text % ('@hourly', '')) as (supervisor, rpc, clock):
        clock.wait_set('2026-03-28 13:00')
        info, = rpc.supervisor.getAllConfigInfo()
        tap.equal((info['autostart'], info['startsecs']), (False, 0), 'what is scheduled does not start with the supervisor')
        rpc.supervisor.startProcess('a')
        pid = rpc.supervisor.getProcessInfo('a')['pid']
        supervisor.write(text % ('@daily', ''))
        rpc.supervisor.reloadConfig()
        rpc.fassembler.replaceGroup('a')
        clock.wait_set('2026-03-29 00:00')
        tap.equal(rpc.supervisor.getProcessInfo('a')['pid'], pid, 'a program goes on while its schedule changes')
        for schedule, option, why in (
                ('61 * * * *', '', "schedule: minute: '61' is not within 0-59 in section 'program:a'"),
                ('* *', '', "schedule: '* *' has 2 fields, not 5"),
                ('@daily\n[eventlistener:e]\ncommand=/bin/cat\nevents=EVENT\nschedule=@daily', '',
                 'schedule: only a [program:x] can be scheduled')):
            supervisor.write(text % (schedule, option))
            tap.ok(why in fault_of(rpc.supervisor.reloadConfig)[1], 'a mistake is told: ' + why,
                   fault_of(rpc.supervisor.reloadConfig))
        supervisor.write(text % ('@daily', 'autostart=true\nautorestart=true\nstartsecs=2\n'))
        rpc.supervisor.reloadConfig()
        info, = rpc.supervisor.getAllConfigInfo()
        tap.equal((info['autostart'], info['startsecs']), (True, 2), 'what the file says goes before what goes without saying')


def timers(pid):
    """The clock, the flags and the time of each timer that is set."""
    found = []
    for name in os.listdir('/proc/%d/fdinfo' % pid):
        try:
            with open('/proc/%d/fdinfo/%s' % (pid, name), encoding='ascii') as file:
                text = file.read()
        except FileNotFoundError:  # closed since
            continue
        values = re.search(r'clockid: (\d+).*settime flags: (\d+)\nit_value: \((\d+), (\d+)\)', text, re.DOTALL)
        if values and values.group(3, 4) != ('0', '0'):
            found.append(tuple(int(value) for value in values.group(1, 2, 3)))
    return found


def idle(program, tap):
    for text, want in (('', 0), ('schedule=@yearly\nautostart=true\n', 1)):
        with Supervisor(program, '[program:a]\ncommand=/bin/cat\nstartsecs=0\n' + text) as supervisor:
            supervisor.wait_log('a entered RUNNING')
            while len(timers(supervisor.process.pid)) != want:
                time.sleep(0.01)
            proxy(supervisor).supervisor.getState()
            found = timers(supervisor.process.pid)
            if not want:
                tap.equal(found, [], 'no timer is set where nothing is scheduled')
                continue
            (clock, flags, left), = found
            tap.equal((clock, flags), (0, 3), 'one timer is set, on the clock of the wall')
            tap.ok(0 < left <= 366 * 86400, 'it waits for the time that is due', left)


def main():
    program, ctl, library = sys.argv[1:]
    tap = Tap()
    runs(program, library, ctl, tap)
    by_hand(program, library, tap)
    clock_changes(program, library, tap)
    settings(program, library, tap)
    idle(program, tap)
    tap.done()


main()
