#!/usr/bin/python3
"""Reads configuration files with supervisord 4.2.5 and with ours, and compares every value and every error.

  differential.py SUPERVISORD DIR...

TAP on standard output, one test a file. A file without [supervisord] is included by one that has it.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ENV = {'PATH': '/usr/local/bin:/usr/bin:/bin', 'HOME': '/root', 'USER': 'root', 'LOGNAME': 'root', 'LANG': 'C.UTF-8'}


def run(command):
    return subprocess.run(command, env=ENV, cwd='/tmp', capture_output=True, text=True, check=False)


def brief(answer):
    answer['error'] = answer['error'].split('\nFor help, use')[0]
    return answer


def ours(program, path):
    done = run([program, '--print-config', '-c', path])
    if done.returncode != 0:
        return brief({'ok': False, 'error': done.stderr})
    dump = json.loads(done.stdout)
    dump['rpcinterfaces'] = [[first['name'], first['factory'], extra] for first, extra in dump['rpcinterfaces']]
    return dump


def theirs(paths):
    lines = run(['/usr/bin/python3', os.path.join(HERE, 'oracle.py')] + paths).stdout.splitlines()
    return [dump if dump['ok'] else brief(dump) for dump in map(json.loads, lines)]


def differences(want, got, path=''):
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(set(want) | set(got)):
            yield from differences(want.get(key, '(none)'), got.get(key, '(none)'), path + '/' + key)
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for number, (first, second) in enumerate(zip(want, got)):
            yield from differences(first, second, '%s[%d]' % (path, number))
    elif want != got:
        yield '%s: supervisord %r, ours %r' % (path, want, got)


def whole(path, scratch):
    with open(path, encoding='utf-8', errors='surrogateescape') as file:
        if re.search(r'^\[supervisord\]', file.read(), re.M):
            return path
    wrapper = os.path.join(scratch, os.path.basename(path))
    with open(wrapper, 'w', encoding='utf-8') as out:
        out.write('[supervisord]\n[include]\nfiles = %s\n' % path)
    return wrapper


def main():
    program = os.path.abspath(sys.argv[1])
    files = sorted(file for directory in sys.argv[2:] for file in glob.glob(os.path.join(directory, '*.conf')))
    if not os.path.exists('/usr/lib/python3/dist-packages/supervisor/options.py'):
        print('1..0 # SKIP no supervisor to compare with')
        return
    print('1..%d' % len(files))
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        configs = [whole(os.path.abspath(path), scratch) for path in files]
        for number, (path, config, want) in enumerate(zip(files, configs, theirs(configs)), 1):
            got = ours(program, config)
            # Where supervisord dies of a traceback it is enough that we refuse as well.
            found = [] if want.pop('traceback', False) and not got['ok'] else list(differences(want, got))
            print('%sok %d - %s' % ('not ' if found else '', number, os.path.basename(path)), flush=True)
            for line in found[:8]:
                print('# ' + line.replace('\n', '\\n'), flush=True)


main()
