#!/usr/bin/python3
"""Control groups: limits, the end of whole trees, what is left behind, and where there are none.

  cgroup.py SUPERVISORD
  cgroup.py hog         takes more memory than it may have
  cgroup.py fork FILE   forks as often as it can, and writes how often
"""
import os
import shutil
import signal
import subprocess
import sys
import time
import xmlrpc.client

sys.path.insert(0, '/usr/lib/python3/dist-packages')
from supervisor.xmlrpc import SupervisorTransport  # noqa: E402  pylint: disable=wrong-import-position
from support import Supervisor, Tap  # noqa: E402  pylint: disable=wrong-import-position

# Out of the process group and the session, deaf to everything, with children that come and go; it holds a lock while it lives.
TREE = """
[program:tree]
command=/bin/bash -c "exec 9> @DIR@/lock; flock -n 9 && echo free >> @DIR@/starts || echo held >> @DIR@/starts; setsid /bin/bash -c 'trap \\"\\" TERM HUP INT; (setsid sleep 10000 &); touch @DIR@/up; while :; do sleep 0.01; done' & wait"
ready=command:/usr/bin/test -e @DIR@/up
startsecs=0
kill_tree=true
"""


def proxy(supervisor):
    transport = SupervisorTransport('', '', 'unix://%s/sock' % supervisor.dir)
    return xmlrpc.client.ServerProxy('http://127.0.0.1', transport)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def groups_of(pid):
    """The directory of each group that a process is in, by controller; '' is version 2."""
    own = {}
    for line in read('/proc/%d/cgroup' % pid).splitlines():
        _, controllers, path = line.split(':', 2)
        for controller in controllers.split(','):
            own[controller] = path
    found = {}
    for line in read('/proc/self/mountinfo').splitlines():
        words = line.split()
        kind, options = words[words.index('-') + 1], words[words.index('-') + 3].split(',')
        for controller in [''] if kind == 'cgroup2' else options if kind == 'cgroup' else ():
            path = own.get(controller)
            if path is not None and words[3] == '/':
                found[controller] = words[4] + path.rstrip('/')
    return found


def place_of(controller, groups):
    """Where a controller is: in version 2, if it says so, else in a hierarchy of its own."""
    if '' in groups and controller in read(groups[''] + '/cgroup.controllers').split():
        return groups['']
    return groups.get(controller)


def usable():
    groups = groups_of(os.getpid())
    return all(place_of(name, groups) and os.access(place_of(name, groups), os.W_OK) for name in ('memory', 'pids', 'cpu'))


def left(name):
    """Directories of that name in any hierarchy."""
    return [path for path in {base + '/' + name for base in groups_of(os.getpid()).values()} if os.path.exists(path)]


def ours(pid):
    return next(word for path in groups_of(pid).values() for word in path.split('/') if word.startswith('fassembler-'))


def two_starts(supervisor):
    while (starts := read(supervisor.dir + '/starts')).count('\n') < 2:
        time.sleep(0.01)
    return starts


def trees(program, tap, what, before=()):
    with Supervisor(program, TREE, 'info', before) as supervisor:
        rpc = proxy(supervisor).supervisor
        supervisor.wait_log('tree entered RUNNING')
        pid = rpc.getProcessInfo('tree')['pid']
        name = ours(pid)
        os.kill(pid, signal.SIGKILL)
        supervisor.wait_log('killing what tree')
        supervisor.wait_log('exited: tree')
        tap.equal(two_starts(supervisor), 'free\nfree\n', 'what a crash leaves behind is gone before the restart, ' + what)
        rpc.stopProcess('tree')
        held = subprocess.run(['flock', '-n', supervisor.dir + '/lock', 'true'], check=False).returncode
        tap.equal(held, 0, 'a stop returns when the whole tree is dead, ' + what)
        tap.equal(rpc.getProcessInfo('tree')['statename'], 'STOPPED', 'and then it is STOPPED, ' + what)
        rpc.startProcess('tree')
        rpc.shutdown()
        tap.equal(supervisor.process.wait(), 0, 'a shutdown ends trees, ' + what)
        held = subprocess.run(['flock', '-n', supervisor.dir + '/lock', 'true'], check=False).returncode
        tap.equal((held, left(name)), (0, []), 'nothing is left, neither process nor group, ' + what)


HERE = os.path.abspath(__file__)
LIMITS = """
[program:hog]
command=/usr/bin/python3 %s hog
memory_limit=40MB
startretries=0
[program:nest]
command=/bin/bash -c "/usr/bin/python3 %s hog & wait; exit 0"
memory_limit=40MB
startsecs=0
autorestart=false
[program:many]
command=/usr/bin/python3 %s fork @DIR@/forks
tasks_limit=5
startsecs=0
kill_tree=true
[program:cat]
command=/bin/cat
memory_limit=64MB
cpu_limit=20
startsecs=0
""" % (HERE, HERE, HERE)


def limits(program, tap):
    with Supervisor(program, LIMITS, 'info') as supervisor:
        rpc = proxy(supervisor)
        supervisor.wait_log('hog reached its memory_limit of 41943040 bytes', 'killed 1 of its processes')
        tap.ok(True, 'the log says who reached its memory_limit')
        supervisor.wait_log('gave up: hog')
        crash = rpc.fassembler.getCrashes('hog')[0]
        tap.equal((crash['signal'], crash['reason']), ('SIGKILL', 'reached its memory_limit: the kernel killed it, or a part of it'),
                  'the record of the crash says it as well')
        while rpc.supervisor.getProcessInfo('nest')['statename'] != 'EXITED':
            time.sleep(0.01)
        log = read(supervisor.dir + '/supervisord.log')
        tap.ok('nest reached its memory_limit' in log and rpc.supervisor.getProcessInfo('nest')['spawnerr'] == '',
               'a part that was killed is said, and is no failure of a program that ends well', log)
        while not os.path.exists(supervisor.dir + '/forks'):
            time.sleep(0.01)
        tap.equal(read(supervisor.dir + '/forks'), '4', 'a fork beyond tasks_limit fails')
        pid = rpc.supervisor.getProcessInfo('cat')['pid']
        groups = groups_of(pid)
        place = place_of('memory', groups)
        file = place + ('/memory.max' if os.path.exists(place + '/memory.max') else '/memory.limit_in_bytes')
        tap.equal(int(read(file)), 64 << 20, 'memory_limit is the limit of the group')
        place = place_of('cpu', groups)
        got = read(place + '/cpu.max').split() if os.path.exists(place + '/cpu.max') else [
            read(place + '/cpu.cfs_quota_us').strip(), read(place + '/cpu.cfs_period_us').strip()]
        tap.equal(got, ['20000', '100000'], 'cpu_limit is in percent of one processor')
        supervisor.write(LIMITS.replace('64MB', '80MB'))
        rpc.supervisor.reloadConfig()
        rpc.fassembler.replaceGroup('cat')
        tap.equal((int(read(file)), rpc.supervisor.getProcessInfo('cat')['pid']), (80 << 20, pid), 'a limit changes while the program runs')
        supervisor.write(LIMITS.replace('cpu_limit=20', ''))
        rpc.supervisor.reloadConfig()
        try:
            rpc.fassembler.replaceGroup('cat')
            tap.ok(False, 'a limit that goes needs a restart')
        except xmlrpc.client.Fault:
            tap.ok(True, 'a limit that goes needs a restart')
        # What a program makes in its group goes with it.
        os.mkdir(place + '/inner')
        rpc.supervisor.stopProcess('cat')
        tap.ok(not os.path.exists(place), 'the group of a stopped program is removed, with those in it')


def before_exec(program, tap):
    """The shell's own first act shows where it is, and it starts often enough for a race to be seen."""
    text = """
[program:where]
command=/bin/cat /proc/self/cgroup
process_name=%%(program_name)s%%(process_num)d
numprocs=50
startsecs=0
autorestart=false
memory_limit=64MB
tasks_limit=50
cpu_limit=100
kill_tree=true
stdout_logfile=@DIR@/where.log
""".replace('%%', '%')
    with Supervisor(program, text, 'info') as supervisor:
        rpc = proxy(supervisor).supervisor
        while any(info['statename'] != 'EXITED' for info in rpc.getAllProcessInfo()):
            time.sleep(0.01)
        own = {line.split(':')[1]: 0 for line in read(supervisor.dir + '/where.log').splitlines()}
        for line in read(supervisor.dir + '/where.log').splitlines():
            own[line.split(':')[1]] += '/where:where' in line
        wanted = [name for name in own if {'memory', 'pids', 'cpu'} & set(name.split(','))] or ['']
        tap.equal({name: own[name] for name in wanted}, {name: 50 for name in wanted}, 'a program is in its groups from its first breath')


def left_overs(program, tap):
    text = TREE + '[program:other]\ncommand=/bin/cat\nmemory_limit=64MB\nstartsecs=0\n'
    with Supervisor(program, text) as supervisor:
        supervisor.wait_log('tree entered RUNNING')
        name = ours(proxy(supervisor).supervisor.getProcessInfo('tree')['pid'])
        second = subprocess.run([program, '-c', supervisor.config], capture_output=True, text=True, check=False)
        tap.ok(second.returncode == 2 and 'another supervisor with the pid file' in second.stderr,
               'two supervisors do not share groups', second.stderr)
        supervisor.process.kill()
        supervisor.process.wait()
        supervisor.reader.join()
        os.unlink(supervisor.dir + '/up')
        supervisor.start()
        tap.equal(two_starts(supervisor), 'free\nfree\n', 'what a supervisor left that was killed is killed by the next one')
        supervisor.process.terminate()
        supervisor.process.wait()
        tap.equal(left(name), [], 'and its groups are taken over and removed')


def upgrades(program, tap):
    text = TREE + '[program:other]\ncommand=/bin/cat\nmemory_limit=64MB\nstartsecs=0\n'
    with Supervisor(program, text) as supervisor:
        rpc = proxy(supervisor)
        supervisor.wait_log('tree entered RUNNING')
        pid = rpc.supervisor.getProcessInfo('tree')['pid']
        name, place = ours(pid), groups_of(rpc.supervisor.getProcessInfo('other')['pid'])
        rpc.fassembler.upgrade()
        second = subprocess.run([program, '-c', supervisor.config], capture_output=True, text=True, check=False)
        tap.ok(second.returncode == 2 and 'another supervisor with the pid file' in second.stderr,
               'after an upgrade the groups are still ours', second.stderr)
        os.kill(pid, signal.SIGKILL)
        rpc.fassembler.upgrade()
        tap.equal(two_starts(supervisor), 'free\nfree\n', 'what a crash leaves behind is gone before the restart, when it is upgraded meanwhile')
        rpc.supervisor.stopProcess('other')
        rpc.supervisor.startProcess('other')
        pid = rpc.supervisor.getProcessInfo('other')['pid']
        while os.readlink('/proc/%d/exe' % pid) == os.path.realpath(program):
            time.sleep(0.01)
        tap.equal(groups_of(pid), place, 'a program that starts after it is where it was')
        supervisor.process.terminate()
        supervisor.process.wait()
        tap.equal(left(name), [], 'and in the end nothing is left')


def refusals(program, tap):
    def refused(options, want, before=(), name=None):
        scratch = subprocess.run(['mktemp', '-d'], capture_output=True, text=True, check=True).stdout.strip()
        os.chmod(scratch, 0o777)
        path = scratch + '/conf'
        with open(path, 'w', encoding='ascii') as out:
            out.write('[supervisord]\nnodaemon=true\nlogfile=%s/log\npidfile=%s/pid\n[program:x]\ncommand=/bin/cat\n%s\n' % (scratch, scratch, options))
        done = subprocess.run([*before, program, '-c', path], capture_output=True, text=True, check=False)
        tap.ok(done.returncode == 2 and want in done.stderr, name or 'refused: ' + options, done.returncode, done.stderr)
        shutil.rmtree(scratch)

    refused('memory_limit=0', "memory_limit: '0' is not a size above 0")
    refused('memory_limit=x', "'x'")
    refused('tasks_limit=0', "tasks_limit: '0' is not between 1 and 4194304")
    refused('cpu_limit=-1', "cpu_limit: '-1' is not between 1 and 1000000")
    hidden = ['unshare', '--mount', 'sh', '-c', 'umount --recursive /sys/fs/cgroup && exec "$@"', 'sh']
    refused('memory_limit=64MB', "memory_limit: no control groups with the controller 'memory' can be seen", hidden, 'no controller is said')
    refused('kill_tree=true', 'kill_tree: no control groups can be seen', hidden, 'no hierarchy is said')
    as_nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    refused('tasks_limit=10', 'tasks_limit: cannot make a control group in', as_nobody, 'what may not be written to is said, with a way out')


def version_1(program, tap):
    """What is done where there is no version 2, and where there is not even a freezer."""
    here = [path for name, path in groups_of(os.getpid()).items() if name in ('', 'freezer')]
    if len(here) < 2:
        tap.skip('trees-end-without-version-2', 'no hierarchy of version 1')
        return
    mounts = {name: next(line.split()[4] for line in read('/proc/self/mountinfo').splitlines() if ' - %s ' % kind in line and name in line)
              for name, kind in (('unified', 'cgroup2'), ('freezer', 'cgroup'))}
    hide = ['unshare', '--mount', 'sh', '-c']
    trees(program, tap, 'by a freezer', hide + ['umount %s && exec "$@"' % mounts['unified'], 'sh'])
    trees(program, tap, 'without a freezer', hide + ['umount %s && umount %s && exec "$@"' % (mounts['unified'], mounts['freezer']), 'sh'])


def hand_down():
    """Switches on, for groups below ours, the controllers that version 2 has; says where it did."""
    place = groups_of(os.getpid()).get('')
    done = []
    for name in ('memory', 'pids', 'cpu'):
        if place and name in read(place + '/cgroup.controllers').split() and name not in read(place + '/cgroup.subtree_control').split():
            done.append((place + '/cgroup.subtree_control', name))
            with open(done[-1][0], 'w', encoding='ascii') as out:
                out.write('+' + name)
    return done


def other_user(program, tap):
    """As root that becomes nobody, and as nobody from the start in groups that were handed over."""
    text = TREE + '[program:cat]\ncommand=/bin/cat\nmemory_limit=64MB\ntasks_limit=10\ncpu_limit=50\nstartsecs=0\n'
    places = {place_of(name, groups_of(os.getpid())) for name in ('memory', 'pids', 'cpu')} | set(
        [groups_of(os.getpid())['']] if '' in groups_of(os.getpid()) else [])
    mine = []
    switched_on = hand_down()
    for place in sorted(places):
        mine.append(place + '/delegated-%d' % os.getpid())
        os.mkdir(mine[-1])
        for name in ('', '/cgroup.procs', '/cgroup.subtree_control', '/cgroup.threads', '/tasks'):
            if os.path.exists(mine[-1] + name):
                os.chown(mine[-1] + name, 65534, 65534)
    enter = ['sh', '-c', 'for place in %s; do echo $$ > $place/cgroup.procs; done; exec "$@"' % ' '.join(mine), 'sh']
    nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    for before, how in ((enter, 'as root that becomes nobody'), (enter + nobody, 'as nobody in groups of its own')):
        with Public(program, text, 'info', before, 'nobody') as supervisor:
            rpc = proxy(supervisor).supervisor
            supervisor.wait_log('tree entered RUNNING')
            pid = rpc.getProcessInfo('cat')['pid']
            tap.ok('/cat:cat' in read('/proc/%d/cgroup' % pid) and os.stat('/proc/%d' % pid).st_uid == 65534, 'limits hold, ' + how)
            rpc.stopProcess('tree')
            tap.equal(rpc.getProcessInfo('tree')['statename'], 'STOPPED', 'trees end, ' + how)
            rpc.shutdown()
            tap.equal(supervisor.process.wait(), 0, 'and all is well, ' + how)
    for path in mine:
        for folder, _, _ in os.walk(path, topdown=False):
            os.rmdir(folder)
    for file, name in switched_on:
        with open(file, 'w', encoding='ascii') as out:
            out.write('-' + name)


class Public(Supervisor):
    """In a directory that another user may write to."""

    def write(self, text, level='info'):
        os.chmod(self.dir, 0o777)
        super().write(text, level)


def fork_all(path):
    count = 0
    try:
        while os.fork() > 0:
            count += 1
        signal.pause()
    except BlockingIOError:
        with open(path + '.new', 'w', encoding='ascii') as out:
            out.write(str(count))
        os.rename(path + '.new', path)
        signal.pause()


def main():
    if sys.argv[1] == 'hog':
        return bytearray(300 << 20)
    if sys.argv[1] == 'fork':
        return fork_all(sys.argv[2])
    tap = Tap()
    program = sys.argv[1]
    if not usable():
        tap.skip('control-groups-limit-and-end-programs', 'no control groups may be made')
        return tap.done()
    trees(program, tap, 'by what there is')
    limits(program, tap)
    before_exec(program, tap)
    left_overs(program, tap)
    upgrades(program, tap)
    refusals(program, tap)
    if os.getuid() == 0:
        version_1(program, tap)
        other_user(program, tap)
    return tap.done()


main()
