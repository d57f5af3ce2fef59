#!/usr/bin/python3
"""Runs the commands of a tutorial and compares what they print; an ellipsis stands for anything within a line."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

page, fassembler = sys.argv[1:3]
BASE, EDGE = 8700, 7900  # the ports in the pages: of the example's site, and of the edge


def read_steps(text):
    """Each command of the page with the lines that it is said to print."""
    steps = []
    for block in re.findall(r'```console\n(.*?)```', text, re.S):
        for line in block.splitlines():
            if line.startswith('$ '):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
    return steps


def matches(expected, line):
    return re.fullmatch('.*'.join(map(re.escape, expected.split('…'))), line.rstrip()) is not None


def find_free(count):
    ports = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'free-ports')
    return int(subprocess.run([ports, str(count)], check=True, stdout=subprocess.PIPE).stdout)


def make_environment():
    """As of somebody who has both programs, and a name for commits."""
    environment = dict(os.environ, PATH=os.path.dirname(fassembler) + ':' + os.environ['PATH'], LC_ALL='C.UTF-8',
                       GIT_CONFIG_GLOBAL='/dev/null', GIT_CONFIG_SYSTEM='/dev/null')
    for who in 'AUTHOR', 'COMMITTER':
        environment['GIT_%s_NAME' % who] = 'Ana'
        environment['GIT_%s_EMAIL' % who] = 'ana@minimal.example'
    environment.pop('FASSEMBLER_HOME', None)
    return environment


def main():
    base, edge = find_free(500), find_free(1)
    with open(page, encoding='utf-8') as file:
        text = file.read().replace(str(BASE + 100), str(base + 100)).replace(str(EDGE), str(edge))
    steps = read_steps(text)
    work = tempfile.mkdtemp(prefix='fassembler-tutorial-')
    folder = work
    environment = make_environment()
    print('1..%d' % len(steps), flush=True)
    try:
        for number, (command, expected) in enumerate(steps, 1):
            lines, folder = run(command, folder, environment)
            well = len(lines) == len(expected) and all(map(matches, expected, lines))
            print('%s %d - %s' % ('ok' if well else 'not ok', number, command.replace('#', '')), flush=True)
            if not well:
                print('\n'.join(['# said:'] + ['#   ' + line for line in lines]), flush=True)
            if command.startswith('fassembler new'):
                use_base(os.path.join(folder, command.split()[2], 'fassembler.yaml'), base)
    finally:
        clean(work, environment)


def clean(work, environment):
    """Whatever failed, nothing runs on."""
    for product in glob.glob(os.path.join(work, '*', 'fassembler.yaml')):
        product = os.path.dirname(product)
        names = ['.'.join(reversed(path.split('/')[-2:])) for path in glob.glob(product + '/home/sites/*/*')]
        for words in [['edge', 'stop']] + [['down', name] for name in names]:
            subprocess.run([fassembler, '-C', product] + words, env=environment, check=False, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    subprocess.run(['chmod', '-R', 'u+w', work], check=False)
    shutil.rmtree(work, ignore_errors=True)


def run(command, folder, environment):
    """The lines that @command prints, and the folder that it leaves the shell in."""
    mark = '--- now in '
    done = subprocess.run(['bash', '-c', command + '\necho "' + mark + '$PWD"'], cwd=folder, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    lines = done.stdout.splitlines()
    return lines[:-1], lines[-1][len(mark):]


def use_base(path, base):
    with open(path, encoding='utf-8') as file:
        text = file.read()
    with open(path, 'w', encoding='utf-8') as file:
        file.write(re.sub(r'base-port: \d+', 'base-port: %d' % base, text))


main()
