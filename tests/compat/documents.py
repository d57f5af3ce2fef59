#!/usr/bin/python3
"""What the supervisor and its client can do is in their manual pages.

  documents.py SUPERVISORD SUPERVISORCTL MANUALS DOCUMENT
"""
import re
import subprocess
import sys

from support import Tap


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def page(path):
    with open(path, encoding='utf-8') as file:
        return file.read().replace('\\-', '-')


def main():
    supervisord, supervisorctl, manuals, document = sys.argv[1:]
    tap = Tap()
    for program, name in ((supervisord, 'supervisord.8'), (supervisorctl, 'supervisorctl.1')):
        text = page('%s/fassembler-%s' % (manuals, name))
        words = re.findall(r'^(?:-\w/)?(--[\w-]+)', output(program, '-h'), re.MULTILINE)
        tap.equal([word for word in words if word not in text] if words else None, [], 'every option is in ' + name)
    actions = re.sub(r'.*:\n=+\n', '', output(supervisorctl, 'help')).split()
    text = page(manuals + '/fassembler-supervisorctl.1')
    tap.equal([word for word in actions if not re.search(r'\b%s\b' % word, text)] if actions else None, [],
              'every action is in the manual')
    ours = ('depends_on', 'ready', 'ready_timeout', 'rlimit_nofile', 'healthcheck', 'healthcheck_interval', 'healthcheck_timeout',
            'healthcheck_retries', 'start_rate', 'sockets', 'exit_on', 'forward_signals', 'schedule',
            'memory_limit', 'tasks_limit', 'cpu_limit', 'kill_tree')
    text = page(document)
    tap.equal([key for key in ours if '`%s`' % key not in text], [], 'every key of our own is explained')
    tap.done()


main()
