#!/usr/bin/python3
"""The pages of the supervisor in a real browser: seen, clicked, and attacked from another site.

  test-supervisor-pages.py SUPERVISORD [PICTURES]

The browser is steered by its own protocol over two pipes. With a folder for PICTURES each page is left there as a PNG.
"""
import base64
import contextlib
import getpass
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

NAME = 'q"onload=alert(1)<b>\'&amp;x'
CONFIG = """
[supervisord]
nodaemon=true
silent=true
logfile=%(dir)s/log
pidfile=%(dir)s/pid
childlogdir=%(dir)s
user=%(user)s
[inet_http_server]
port=127.0.0.1:%(port)d
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:web]
command=/bin/sh -c "echo '<script>document.title=1</script>'; exec cat"
startsecs=0
[program:%(name)s]
command=/bin/cat
startsecs=0
[program:nightly]
command=/bin/true
schedule=30 2 * * *
[program:broken]
command=/no/such/program
startretries=0
"""
ATTACK = """<!DOCTYPE html><title>evil</title><form method=post action="http://127.0.0.1:%d/index.html">
<input name=action value=stop><input name=processname value=web><input name=token value="%s"><button>x</button></form>"""


class Browser:
    def __init__(self, directory):
        there, self.to = os.pipe()
        self.back, here = os.pipe()

        def connect():
            os.dup2(there, 200)
            os.dup2(here, 201)
            os.dup2(200, 3)
            os.dup2(201, 4)

        self.process = subprocess.Popen(
            ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', '--no-first-run',
             '--disable-dev-shm-usage', '--disable-background-networking', '--user-data-dir=' + directory, 'about:blank'],
            preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(there)
        os.close(here)
        self.read, self.number, self.events = b'', 0, []
        targets = self.ask('Target.getTargets')['targetInfos']
        target = next(one['targetId'] for one in targets if one['type'] == 'page')
        self.session = self.ask('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        self.ask('Page.enable')
        self.ask('Runtime.enable')
        self.ask('Emulation.setDeviceMetricsOverride', width=1100, height=620, deviceScaleFactor=1, mobile=False)

    def message(self):
        while b'\0' not in self.read:
            piece = os.read(self.back, 65536)
            if not piece:
                raise RuntimeError('the browser ended')
            self.read += piece
        text, _, self.read = self.read.partition(b'\0')
        return json.loads(text)

    def ask(self, method, **params):
        self.number += 1
        question = {'id': self.number, 'method': method, 'params': params}
        if hasattr(self, 'session'):
            question['sessionId'] = self.session
        os.write(self.to, json.dumps(question).encode() + b'\0')
        while True:
            answer = self.message()
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise RuntimeError(answer['error'])
                return answer['result']
            self.events.append(answer)

    def wait(self, event):
        """The next such event that has not been waited for."""
        while True:
            for i, one in enumerate(self.events):
                if one.get('method') == event:
                    del self.events[:i + 1]
                    return one['params']
            self.events.append(self.message())

    def load(self, action):
        """Does what loads a page, and waits until it is there."""
        self.events.clear()
        action()
        self.wait('Page.loadEventFired')

    def go(self, url):
        self.load(lambda: self.ask('Page.navigate', url=url))

    def run(self, script):
        return self.ask('Runtime.evaluate', expression=script, returnByValue=True)['result'].get('value')

    def click(self, selector):
        self.load(lambda: self.run('document.querySelector(%s).click()' % json.dumps(selector)))

    def text(self):
        return self.run('document.body.innerText')

    def close(self):
        with contextlib.suppress(Exception):
            self.ask('Browser.close')
        self.process.wait()


COUNT = 0


def ok(good, name, *notes):
    global COUNT
    COUNT += 1
    print('%sok %d - %s' % ('' if good else 'not ', COUNT, name), flush=True)
    for note in notes if not good else ():
        print('# ' + repr(note), flush=True)


def picture(browser, name):
    if len(sys.argv) > 2:
        data = browser.ask('Page.captureScreenshot', format='png')['data']
        with open('%s/%s.png' % (sys.argv[2], name), 'wb') as file:
            file.write(base64.b64decode(data))


def button(name, action):
    return 'button[value="%s"][aria-label$=%s]' % (action, json.dumps(' ' + name))


def look(browser, home):
    browser.go(home)
    picture(browser, 'status')
    text = browser.text()
    ok(all(word in text for word in ('Supervisor Status', 'web', NAME, 'next run at', "can't find command")), 'the page shows all', text)
    ok(browser.run('document.querySelectorAll("script, b, [onload]").length') == 0, 'a name is no markup')
    ok(browser.run('getComputedStyle(document.querySelector("table")).borderCollapse') == 'collapse',
       'the style sheet is allowed by the policy')
    ok(browser.run('document.querySelectorAll("tr")[1].cells.length') == 4, 'every row has its four cells')


def act(browser, home):
    browser.go(home)
    for name in ('web', NAME):
        browser.click(button(name, 'stop'))
        ok('Process %s stopped' % name in browser.text(), 'a click stops %s' % name, browser.text())
    picture(browser, 'stopped')
    ok(browser.run('location.pathname') == '/index.html', 'the browser is back at the page, and may reload it')
    browser.click(button('web', 'start'))
    ok('Process web started' in browser.text(), 'a click starts a process')
    browser.click('button[value="restartall"]')
    ok('All restarted at' in browser.text(), 'a click restarts all')
    browser.click('a[href="tail.html?processname=web"]')
    picture(browser, 'tail')
    ok('<script>document.title=1</script>' in browser.text() and browser.run('document.title') == 'Supervisor tail of process web',
       'a log is shown as text', browser.text())


def attack(browser, home, port):
    token = browser.run('document.querySelector("input[name=token]").value')

    class Evil(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write((ATTACK % (port, token)).encode())

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(('127.0.0.1', 0), Evil)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for host in ('localhost', '127.0.0.1'):
        browser.go('http://%s:%d/' % (host, server.server_port))
        browser.click('button')
        ok('Nothing was done' in browser.text(), 'a form of %s on another port is refused, though it has the token' % host, browser.text())
    server.shutdown()
    browser.go(home)
    ok(browser.run('document.querySelectorAll("td.good").length') == 2, 'nothing was stopped by it', browser.text())


def main():
    directory = tempfile.mkdtemp(prefix='pages')
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    with open(directory + '/conf', 'w', encoding='utf-8') as file:
        file.write(CONFIG % {'dir': directory, 'port': port, 'name': NAME, 'user': getpass.getuser()})
    supervisor = subprocess.Popen([sys.argv[1], '-c', directory + '/conf'])
    browser = None
    try:
        browser = Browser(directory + '/browser')
        while subprocess.run(['curl', '-sf', '-o', directory + '/null', 'http://127.0.0.1:%d/ok.html' % port], check=False).returncode:
            pass
        home = 'http://127.0.0.1:%d/' % port
        look(browser, home)
        act(browser, home)
        attack(browser, home, port)
    finally:
        if browser:
            browser.close()
        supervisor.terminate()
        supervisor.wait()
        shutil.rmtree(directory, ignore_errors=True)
    print('1..%d' % COUNT)


main()
