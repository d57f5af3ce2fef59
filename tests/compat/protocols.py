#!/usr/bin/python3
"""Event listeners, captured output, FastCGI sockets, and the HTTP side: methods, faults, multicall, logins, limits.

  protocols.py SUPERVISORD
"""
import base64
import http.client
import json
import os
import re
import socket
import sys
import time
import xmlrpc.client

from support import Supervisor, Tap, proxy, raw

HERE = os.path.dirname(os.path.abspath(__file__))
LISTENER = '/usr/bin/python3 %s/listener.py' % HERE


def events(path):
    """What a listener has written so far."""
    try:
        with open(path, encoding='utf-8') as file:
            return [json.loads(line) for line in file.read().split('\n')[:-1]]
    except FileNotFoundError:
        return []


def until(path, enough):
    while not enough(found := events(path)):
        time.sleep(0.01)
    return found


def listeners(program, tap):
    text = """
[eventlistener:all]
command=%s @DIR@/all
events=EVENT
buffer_size=100
[eventlistener:again]
command=%s @DIR@/again fail-once
events=REMOTE_COMMUNICATION
[eventlistener:dies]
command=%s @DIR@/dies die-once
events=REMOTE_COMMUNICATION
startsecs=0
[eventlistener:bad]
command=%s @DIR@/bad garbage
events=EVENT
[program:talk]
command=/bin/cat
stdout_capture_maxbytes=1KB
stdout_events_enabled=true
startsecs=0
stdout_logfile=@DIR@/talk.log
""" % (LISTENER, LISTENER, LISTENER, LISTENER)
    with Supervisor(program, text, 'info') as supervisor:
        rpc = proxy(supervisor).supervisor
        supervisor.wait_log('bad: has entered the UNKNOWN state')
        tap.ok(True, 'a listener that breaks the protocol gets no more events')
        path = supervisor.dir + '/all'
        found = until(path, lambda all_: any(head['eventname'] == 'PROCESS_STATE_RUNNING' and 'processname:all' in body
                                             for head, body in all_))
        head, body = found[0]
        tap.equal((head['ver'], head['server'], head['pool'], head['len']), ('3.0', 'supervisor', 'all', str(len(body))),
                  'an event has the header of the protocol')
        names = [head['eventname'] for head, _ in found]
        tap.ok('PROCESS_GROUP_ADDED' in names and 'SUPERVISOR_STATE_CHANGE_RUNNING' in names,
               'events from before a listener ran are kept for it', names)
        serials = [int(head['poolserial']) for head, _ in found]
        tap.equal(serials, list(range(len(serials))), 'a pool counts its events')
        bodies = {(head['eventname'], body) for head, body in found}
        tap.ok(('PROCESS_STATE_STARTING', 'processname:talk groupname:talk from_state:STOPPED tries:0') in bodies,
               'a state event names the state before and the tries')
        rpc.sendRemoteCommEvent('type', 'dat\u00e4')
        found = until(path, lambda all_: any(head['eventname'] == 'REMOTE_COMMUNICATION' for head, _ in all_))
        tap.ok('type:type\ndat\u00e4' in [body for _, body in found], 'what a client sends comes as an event', found)
        found = until(supervisor.dir + '/again', lambda all_: len(all_) == 2)
        tap.equal(found[0], found[1], 'an event that was rejected comes again')
        found = until(supervisor.dir + '/dies', lambda all_: len(all_) == 2)
        tap.equal(found[0], found[1], 'an event whose listener died comes again')
        rpc.sendProcessStdin('talk', 'a<!--XSUPERVISOR:BEGIN-->inner<!--XSUPERVISOR:END-->b\n')
        pid = rpc.getProcessInfo('talk')['pid']
        found = until(path, lambda all_: any(body.endswith('\nb\n') for _, body in all_))
        bodies = {(head['eventname'], body) for head, body in found}
        tap.ok(('PROCESS_COMMUNICATION_STDOUT', 'processname:talk groupname:talk pid:%d\ninner' % pid) in bodies,
               'what is between the tokens is an event')
        tap.ok(('PROCESS_LOG_STDOUT', 'processname:talk groupname:talk pid:%d channel:stdout\nb\n' % pid) in bodies,
               'what is outside of them is logged and an event')
        with open(supervisor.dir + '/talk.log', encoding='utf-8') as file:
            tap.equal(file.read(), 'ab\n', 'what was captured is not in the log')


def fcgi(program, tap):
    text = """
[fcgi-program:app]
command=/usr/bin/python3 -c "import socket, time; s = socket.socket(fileno=0); c, _ = s.accept(); c.sendall(b'hello'); c.close(); time.sleep(60)"
socket=unix://@DIR@/fcgi.sock
socket_mode=0600
startsecs=0
"""
    with Supervisor(program, text) as supervisor:
        path = supervisor.dir + '/fcgi.sock'
        tap.equal(os.stat(path).st_mode & 0o777, 0o600, 'a FastCGI socket has the mode configured')
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(path)
        tap.equal(peer.recv(10), b'hello', 'a FastCGI program has the socket as its input')
        peer.close()


def call(method, version='1.0', extra=''):
    body = '<?xml version="1.0"?><methodCall><methodName>%s</methodName></methodCall>' % method
    return ('POST /RPC2 HTTP/%s\r\nContent-Length: %d\r\n%s\r\n%s' % (version, len(body), extra, body)).encode()


def requests(program, tap):
    with Supervisor(program, '[program:p]\ncommand=/bin/cat\nstartsecs=0\n') as supervisor:
        server = proxy(supervisor)
        supervisor.wait_log('p entered RUNNING')
        answer = raw(supervisor, call('supervisor.getPID'))
        tap.ok(b'<int>%d</int>' % supervisor.process.pid in answer and b'Connection: close' in answer,
               'HTTP/1.0 is answered and closed')
        three = call('supervisor.getPID', '1.1') * 2 + call('supervisor.getPID', '1.1', 'Connection: close\r\n')
        tap.equal(raw(supervisor, three).count(b'<int>'), 3, 'requests that come at once are answered in turn')
        for garbage in (b'\0\r\n\r\n', b'POST /RPC2 HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello',
                        b'GET /\xff\xff HTTP/9.9\r\n\r\n', b'POST /RPC2 HTTP/1.0\r\nContent-Length: 0\r\n\r\n'):
            answer = raw(supervisor, garbage)
            tap.ok(answer.split(b' ')[1] in (b'400', b'404'), 'garbage is refused: %r' % garbage[:30], answer[:80])
        tap.ok(b' 413 ' in raw(supervisor, b'POST /RPC2 HTTP/1.0\r\nContent-Length: 99999999\r\n\r\n'),
               'a request that is too large is refused')
        bomb = (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa">]><methodCall><methodName>&a;</methodName>'
                b'</methodCall>')
        tap.ok(b' 400 ' in raw(supervisor, b'POST /RPC2 HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s' % (len(bomb), bomb)),
               'a document type is refused')
        odd = (b'<?xml version="1.0"?><methodCall><methodName>supervisor.getProcessInfo</methodName><params><param><value>'
               b'<methodName>x</methodName></value></param></params></methodCall>')
        tap.ok(b'BAD_NAME: x' in raw(supervisor, b'POST /RPC2 HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s' % (len(odd), odd)),
               'a value of no known type is a text')
        names = server.system.listMethods()
        tap.ok('supervisor.getAllProcessInfo' in names and 'system.multicall' in names, 'the methods can be listed')
        tap.equal(server.system.methodSignature('supervisor.startProcess'), ['boolean', 'string', 'boolean'],
                  'a method has a signature')
        for method, args, want in (('nope', (), 1), ('getPID', (1,), 2), ('getProcessInfo', ('x',), 10),
                                   ('readLog', (-1, 5), 3), ('signalProcess', ('p', 'FOO'), 11)):
            try:
                getattr(server.supervisor, method)(*args)
                code = None
            except xmlrpc.client.Fault as fault:
                code = fault.faultCode
            tap.equal(code, want, 'the fault of %s%r is %d' % (method, args, want))
        # Values as they are, as supervisord 4.2.5 returns them; the specification would have each in an array.
        calls = [('stopProcess', ['p']), ('startProcess', ['p']), ('getProcessInfo', ['nope']), ('getState', [])]
        results = server.system.multicall([{'methodName': 'supervisor.' + name, 'params': args} for name, args in calls])
        tap.equal(results, [True, True, {'faultCode': 10, 'faultString': 'BAD_NAME: nope'},
                            {'statecode': 1, 'statename': 'RUNNING'}],
                  'a multicall waits for one call after another and goes on after a fault')
        silent = [socket.socket(socket.AF_UNIX) for _ in range(100)]
        for peer in silent:
            peer.connect(supervisor.dir + '/sock')
            peer.sendall(b'POST /RPC2 HTTP/1.1\r\n')
        tap.equal(proxy(supervisor).supervisor.getState()['statename'], 'RUNNING',
                  'clients that say nothing keep nobody out')
        for peer in silent:
            peer.close()


def follow(program, tap):
    with Supervisor(program, '[program:p]\ncommand=/bin/cat\nstartsecs=0\n') as supervisor:
        server = proxy(supervisor)
        supervisor.wait_log('p entered RUNNING')
        server.supervisor.sendProcessStdin('p', 'one\n')
        connection = http.client.HTTPConnection('localhost')
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(supervisor.dir + '/sock')
        while server.supervisor.readProcessStdoutLog('p', 0, 0) != 'one\n':
            time.sleep(0.01)
        connection.request('GET', '/logtail/p')
        answer = connection.getresponse()
        tap.equal(answer.read(4), b'one\n', 'a log can be followed')
        server.supervisor.sendProcessStdin('p', 'two\n')
        tap.equal(answer.read(4), b'two\n', 'what comes to a log comes to who follows it')
        connection.close()


def logins(program, tap):
    free = socket.socket()
    free.bind(('127.0.0.1', 0))
    port = free.getsockname()[1]
    free.close()
    text = '[inet_http_server]\nport=127.0.0.1:%d\nusername=u\npassword={SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4\n' % port
    with Supervisor(program, text):
        for login, want in (('u:secret', 200), ('u:wrong', 401), ('x:secret', 401), (None, 401)):
            connection = http.client.HTTPConnection('127.0.0.1', port)
            headers = {'Authorization': 'Basic ' + base64.b64encode(login.encode()).decode()} if login else {}
            connection.request('POST', '/RPC2', call('supervisor.getPID').split(b'\r\n\r\n')[1], headers)
            tap.equal(connection.getresponse().status, want, 'a login of %s is answered with %d' % (login, want))
            connection.close()
        good = xmlrpc.client.ServerProxy('http://u:secret@127.0.0.1:%d/RPC2' % port)
        tap.equal(good.supervisor.getAPIVersion(), '3.0', 'the plain XML-RPC client of Python works by TCP')


def by_json(supervisor, method, body=b'', head='Content-Type: application/json\r\n'):
    """The status and the answer of a request to /api/v1."""
    request = 'POST /api/v1/%s HTTP/1.0\r\n%sContent-Length: %d\r\n\r\n' % (method, head, len(body))
    answer = raw(supervisor, request.encode() + body)
    head, _, body = answer.partition(b'\r\n\r\n')
    status = int(head.split()[1])
    return status, json.loads(body) if b'application/json' in head else body


def api(program, tap):
    text = """
[program:cat]
command=/bin/cat
startsecs=0
environment=A="\u00e4'<"
[program:quiet]
command=/bin/cat
autostart=false
startsecs=0
"""
    with Supervisor(program, text) as supervisor:
        rpc = proxy(supervisor)
        supervisor.wait_log('cat entered RUNNING')
        same = {'getAllConfigInfo': [], 'supervisor.getState': [], 'system.listMethods': [], 'getProcessInfo': ['quiet'],
                'getVersion': [], 'reloadConfig': [], 'fassembler.status': [], 'fassembler.getCrashes': ['cat']}
        for method, params in same.items():
            name = method if '.' in method else 'supervisor.' + method
            want, got = getattr(rpc, name)(*params), by_json(supervisor, method, json.dumps(params).encode())
            if method == 'getProcessInfo':
                want.pop('now'), got[1]['result'].pop('now')
            tap.equal(got, (200, {'result': want}), 'JSON says what XML says: ' + method)
        tap.equal(by_json(supervisor, 'startProcess', b'["quiet"]'), (200, {'result': True}), 'a start is waited for')
        tap.equal(by_json(supervisor, 'startProcess', b'["quiet"]'),
                  (409, {'fault': {'code': 60, 'name': 'ALREADY_STARTED', 'text': 'quiet'}}), 'a fault is a status and an object')
        tap.equal([result['status'] for result in by_json(supervisor, 'stopAllProcesses')[1]['result']], [80, 80],
                  'what is done to many is a list')
        for method, body, head, want in (
                ('nope', b'', None, 404), ('getProcessInfo', b'["x"]', None, 404), ('getProcessInfo', b'', None, 400),
                ('getProcessInfo', b'["x"', None, 400), ('getProcessInfo', b'"x"', None, 400),
                ('shutdown', b'', '', 415), ('shutdown', b'[]', 'Content-Type: text/plain\r\n', 415)):
            got = by_json(supervisor, method, body, 'Content-Type: application/json; charset=utf-8\r\n' if head is None else head)
            tap.equal(got[0], want, 'JSON is answered with %d: %s %s %s' % (want, method, body.decode(), head or ''))
        tap.ok(b' 405 ' in raw(supervisor, b'GET /api/v1/getState HTTP/1.0\r\n\r\n'), 'JSON is asked for by POST')
        rpc.supervisor.startProcess('cat')
        head, _, body = raw(supervisor, b'GET /metrics HTTP/1.0\r\n\r\n').decode().partition('\r\n\r\n')
        tap.ok('Content-Type: text/plain; version=0.0.4' in head, 'figures say which format they have', head)
        figures = dict(line.rsplit(' ', 1) for line in body.splitlines() if not line.startswith('#'))
        tap.equal([figures['fassembler_process_%s{group="%s",name="%s"}' % (key, name, name)] for key, name in (
            ('up', 'cat'), ('up', 'quiet'), ('starts_total', 'cat'), ('state', 'quiet'), ('start_time_seconds', 'quiet'))],
                  ['1', '0', '2', '0', '0'], 'figures for Prometheus')
        tap.ok(all(re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+\{[^}]*\} \d+', line) for line in body.splitlines()),
               'every line is a figure or about one', body)


def main():
    tap = Tap()
    for part in (listeners, fcgi, requests, api, follow, logins):
        part(sys.argv[1], tap)
    tap.done()


main()
