#!/usr/bin/python3
"""An event listener written against supervisor's own childutils: writes each event it gets, one line of JSON each.

  listener.py FILE [ok|fail-once|die-once|garbage]
"""
import json
import os
import sys

sys.path.insert(0, '/usr/lib/python3/dist-packages')
from supervisor import childutils  # noqa: E402  pylint: disable=wrong-import-position


def main():
    path = sys.argv[1]
    mode = sys.argv[2] if len(sys.argv) > 2 else 'ok'
    if mode == 'garbage':
        sys.stdout.write('GARBAGE\n')
        sys.stdout.flush()
        sys.stdin.read()
    while True:
        headers, payload = childutils.listener.wait()
        first = not os.path.exists(path + '.seen')
        with open(path, 'a', encoding='utf-8') as out:
            out.write(json.dumps([headers, payload]) + '\n')
        with open(path + '.seen', 'a', encoding='utf-8'):
            pass
        if mode == 'die-once' and first:
            os._exit(1)
        if mode == 'fail-once' and first:
            childutils.listener.fail()
        else:
            childutils.listener.ok()


main()
