#!/usr/bin/python3
"""strike.py LEDGER STEP COMMAND...: runs COMMAND, which deploys, and kills it when LEDGER says that STEP has begun.

Fails when the command was over before. The ledger itself is looked at, for a step may be shorter than a question.
"""
import json
import sqlite3
import subprocess
import sys


def last(ledger):
    database = sqlite3.connect('file:%s?mode=ro' % ledger, uri=True)
    row = database.execute('SELECT position, kind, payload FROM event ORDER BY position DESC LIMIT 1').fetchone()
    database.close()
    return row


def main():
    ledger, step, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    before = last(ledger)[0]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            position, kind, payload = last(ledger)
            if position > before and kind == 'deploy.step' and json.loads(payload)['step'] == step:
                process.kill()
                break
    sys.exit(process.returncode != -9)


main()
