#!/usr/bin/python3
"""The pages for people: what they show, what their forms do, and what they refuse.

  pages.py SUPERVISORD
"""
import html.parser
import re
import sys
import time
import urllib.parse

from support import Supervisor, Tap, proxy, raw

ODD = """q"onx=1<b>'&amp;%41+\u00e4"""
PROGRAMS = """
[program:cat]
command=/bin/cat
startsecs=0
[program:pair]
command=/bin/cat
process_name=p%%(process_num)d
numprocs=2
startsecs=0
[program:%s]
command=/bin/sh -c "printf '\\nfirst\\377<script>alert(1)</script>\\033[31m\\000\\342\\202'; echo '</pre>\\"' >&2; exec cat"
startsecs=0
[program:bad]
command=/no/such/program
startretries=0
[program:quick]
command=/bin/false
startretries=0
autostart=false
[program:nolog]
command=/bin/cat
startsecs=0
stdout_logfile=NONE
""" % ODD


class Page(html.parser.HTMLParser):
    """What a browser would make of a page: its elements, its forms, its text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.rows, self.forms, self.links, self.buttons = set(), [], [], {}, []
        self.attributes = set()
        self.text, self.label = '', None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(attrs)
        if tag == 'tr':
            self.rows.append([])
        elif tag == 'td':
            self.rows[-1].append('')
        elif tag == 'form':
            self.forms.append({'action': attrs['action'], 'method': attrs['method']})
        elif tag == 'input':
            self.forms[-1][attrs['name']] = attrs['value']
        elif tag == 'button':
            self.buttons.append((self.forms[-1].get('processname'), attrs['value']))
        elif tag == 'a':
            self.links[attrs['href']] = attrs['href']

    def handle_data(self, data):
        self.text += data
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def get(supervisor, path):
    """The status, the head and the page of a GET."""
    answer = raw(supervisor, ('GET %s HTTP/1.0\r\n\r\n' % path).encode())
    head, _, body = answer.partition(b'\r\n\r\n')
    return int(head.split()[1]), head.decode(), body.decode()


def post(supervisor, fields, headers=(), path='/index.html', kind='application/x-www-form-urlencoded'):
    """The status of a form, and what the page says of it."""
    body = urllib.parse.urlencode(fields)
    head = ['POST %s HTTP/1.0' % path, 'Content-Type: ' + kind, 'Content-Length: %d' % len(body), *headers]
    answer = raw(supervisor, ('\r\n'.join(head) + '\r\n\r\n' + body).encode()).decode()
    status = int(answer.split()[1])
    where = re.search(r'^Location: (.*)\r$', answer, re.MULTILINE)
    if not where:
        return status, answer
    note = re.search(r'<p class="note" role="status">(.*)</p>', get(supervisor, '/' + where.group(1))[2])
    return status, re.sub(r'\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}', 'NOW', html.unescape(note.group(1)))


def token_of(supervisor):
    return Page(get(supervisor, '/')[2]).forms[0]['token']


def status_page(program, tap):
    with Supervisor(program, PROGRAMS) as supervisor:
        supervisor.wait_log('gave up: bad')
        supervisor.wait_log('nolog entered RUNNING')
        while True:
            status, head, text = get(supervisor, '/')
            page = Page(text)
            if 'STARTING' not in text:
                break
        tap.equal((status, get(supervisor, '/index.html')[0]), (200, 200), 'the page is there by both names')
        tap.equal([(row[0].strip(), row[2].strip()) for row in page.rows[1:]],
                  [('FATAL', 'bad'), ('RUNNING', 'cat'), ('RUNNING', 'nolog'), ('RUNNING', 'pair:p0'), ('RUNNING', 'pair:p1'),
                   ('RUNNING', ODD), ('STOPPED', 'quick')], 'the page has the state of all processes')
        tap.equal([page.rows[1][1].strip(), page.rows[7][1].strip()], ["can't find command '/no/such/program'", 'Not started'],
                  'the page says why, as status does')
        tap.ok('script' not in page.tags and 'b' not in page.tags and 'onx' not in page.attributes and
               not any(name.startswith('on') or name == 'style' for name in page.attributes), 'nothing in a name is taken for a tag',
               page.tags, page.attributes)
        tap.equal([action for name, action in page.buttons if name == 'cat'], ['restart', 'stop', 'clearlog'],
                  'what runs can be restarted and stopped')
        tap.equal([action for name, action in page.buttons if name == ODD], ['restart', 'stop', 'clearlog'],
                  'a form has the name of its process, whatever it is')
        tap.equal([action for name, action in page.buttons if name == 'quick'], ['start', 'clearlog'], 'what is stopped can be started')
        tap.equal([action for name, action in page.buttons if name is None], ['refresh', 'restartall', 'stopall'],
                  'there are buttons for all')
        tap.ok("default-src 'none'" in head and "frame-ancestors 'none'" in head and "form-action 'self'" in head and
               'nosniff' in head and 'Cache-Control: no-store' in head, 'the page allows no scripts and no frames', head)
        for path in page.links:
            if path.startswith('tail.html'):
                tap.equal(get(supervisor, '/' + path)[0], 200, 'the link %s works' % path)
        tap.ok('text/css' in get(supervisor, '/stylesheets/supervisor.css')[1], 'the style sheet is there')
        tap.equal(get(supervisor, '/ok.html')[2], 'OK', 'ok.html is there for who asks whether the server lives')
        before = proxy(supervisor).supervisor.getAllProcessInfo()
        for query in ('action=stopall', 'processname=cat&action=stop', 'action=restartall', 'processname=cat&action=clearlog',
                      'processname=quick&action=start', 'action=stopall&token=' + token_of(supervisor), 'message=<b>x', 'note=1',
                      'note=99999999999999999999', 'note=x'):
            status, _, text = get(supervisor, '/index.html?' + query)
            tap.ok(status == 200 and 'class="note"' not in text, 'a GET with ?%s shows the page only' % query)
        after = proxy(supervisor).supervisor.getAllProcessInfo()
        tap.equal([(info['name'], info['pid'], info['statename']) for info in after],
                  [(info['name'], info['pid'], info['statename']) for info in before], 'no GET has changed anything')


def tail_page(program, tap):
    with Supervisor(program, PROGRAMS) as supervisor:
        path = '/tail.html?processname=' + urllib.parse.quote(ODD)
        while 'script' not in get(supervisor, path)[2]:
            time.sleep(0.01)
        text = get(supervisor, path)[2]
        page = Page(text)
        tap.ok('\nfirst\ufffd<script>alert(1)</script>?[31m' in page.text and 'script' not in page.tags, 'the bytes of a log are text',
               repr(page.text))
        while 'pre' not in get(supervisor, path + '&channel=stderr')[2].replace('<pre>', '').replace('</pre>\n<footer', ''):
            time.sleep(0.01)
        page = Page(get(supervisor, path + '&channel=stderr')[2])
        tap.ok('</pre>"\n' in page.text, 'a log cannot end its place in the page', repr(page.text))
        tap.ok('No file for nolog' in Page(get(supervisor, '/tail.html?processname=nolog')[2]).text, 'a process may have no log')
        tap.ok('No process name found' in get(supervisor, '/tail.html')[2], 'a name is missing')
        status, _, text = get(supervisor, '/tail.html?processname=%3Cscript%3E')
        tap.ok(status == 404 and 'script' not in Page(text).tags, 'a process that is not there is named as text')
        rpc = proxy(supervisor).supervisor
        rpc.sendProcessStdin('cat', '\u00e4' * 5000 + '\n')
        while len(rpc.readProcessStdoutLog('cat', 0, 0)) < 5001:
            time.sleep(0.01)
        for limit, want in (('', 511), ('&limit=1', 511), ('&limit=2048', 1023), ('&limit=x', 511), ('&limit=99999999999', 5000),
                            ('&limit=-1', 511)):
            text = get(supervisor, '/tail.html?processname=cat' + limit)[2]
            tap.equal((text.count('\u00e4'), '\ufffd' in text), (want, False), 'the end of a log has whole characters' + limit)


def forms(program, tap):
    with Supervisor(program, PROGRAMS) as supervisor:
        supervisor.wait_log('nolog entered RUNNING')
        rpc = proxy(supervisor).supervisor
        token = token_of(supervisor)

        def act(action, name=None, **more):
            fields = {'token': token, 'action': action, **more}
            return post(supervisor, {**fields, 'processname': name} if name is not None else fields)

        pid = rpc.getProcessInfo('cat')['pid']
        for action, name, want in (
                ('stop', 'cat', 'Process cat stopped'), ('stop', 'cat', 'ERROR: Process cat: not running'),
                ('start', 'cat', 'Process cat started'), ('start', 'cat', 'ERROR: Process cat: already started'),
                ('restart', 'cat', 'Process cat restarted'), ('stop', 'cat', 'Process cat stopped'),
                ('restart', 'cat', 'Process cat restarted'), ('clearlog', 'cat', 'Log for cat cleared'),
                ('restart', 'pair:p1', 'Process pair:p1 restarted'), ('restart', ODD, 'Process %s restarted' % ODD),
                ('start', 'bad', 'ERROR: Process bad: no such file'), ('start', 'quick', 'ERROR: Process quick: spawn error'),
                ('stop', 'pair:*', 'ERROR: Process pair:*: no such process'), ('stop', '<b>', 'ERROR: Process <b>: no such process'),
                ('stop', '', 'ERROR: Process : no such process'), ('refresh', None, 'Page refreshed at NOW'),
                ('restartall', None, 'All restarted at NOW'), ('stopall', None, 'All stopped at NOW')):
            tap.equal(act(action, name), (303, want), 'the form %s of %s' % (action, name))
        tap.ok(rpc.getProcessInfo('cat')['pid'] != pid, 'the process is another one')
        tap.equal({info['statename'] for info in rpc.getAllProcessInfo()} - {'FATAL', 'STOPPED'}, set(), 'stop all has stopped all')
        tap.equal(act('explode')[0], 400, 'an action that is not there is refused')
        tap.equal(post(supervisor, {'token': token})[0], 400, 'a form without an action is refused')
        for _ in range(40):
            act('refresh')
        tap.equal(act('start', 'cat'), (303, 'Process cat started'), 'the page tells what became of the last forms')


def strangers(program, tap):
    own = 'Host: sup.example:9001'
    with Supervisor(program, PROGRAMS) as supervisor:
        supervisor.wait_log('nolog entered RUNNING')
        rpc = proxy(supervisor).supervisor
        token = token_of(supervisor)
        stop = {'action': 'stop', 'processname': 'cat', 'token': token}
        for headers, want in (
                ([own, 'Origin: http://evil.example'], 403), ([own, 'Origin: null'], 403),
                ([own, 'Origin: http://sup.example'], 403), ([own, 'Origin: http://sup.example:9001.evil.example'], 403),
                ([own, 'Origin: http://evil.example/http://sup.example:9001'], 403), (['Origin: http://sup.example:9001'], 403),
                ([own, 'Referer: http://evil.example/http://sup.example:9001/'], 403), ([own, 'Sec-Fetch-Site: cross-site'], 403),
                ([own, 'Sec-Fetch-Site: same-site', 'Origin: http://sup.example:9001'], 403), ([own, 'Sec-Fetch-Site: '], 403)):
            tap.equal((post(supervisor, stop, headers)[0], rpc.getProcessInfo('cat')['statename']), (want, 'RUNNING'),
                      'a form from elsewhere is refused: %r' % headers)
        for fields in ({**stop, 'token': ''}, {**stop, 'token': token[:-1]}, {**stop, 'token': token + '0'},
                       {**stop, 'token': '0' * 32}, {'action': 'stop', 'processname': 'cat'}):
            tap.equal((post(supervisor, fields)[0], rpc.getProcessInfo('cat')['statename']), (403, 'RUNNING'),
                      'a form without the token is refused: %s' % fields.get('token'))
        tap.equal(post(supervisor, stop, kind='text/plain')[0], 415, 'a form of another kind is refused')
        tap.equal(post(supervisor, stop, path='/tail.html')[0], 404, 'there is one place for forms')
        for path, kind in (('/RPC2', 'text/plain'), ('/api/v1/stopProcess', 'application/json')):
            tap.equal(post(supervisor, stop, [own, 'Origin: http://evil.example'], path, kind)[0], 403,
                      'other methods are refused to other sites too: ' + path)
        for headers in ([own, 'Origin: http://sup.example:9001'], [own, 'Origin: HTTPS://Sup.Example:9001'],
                        [own, 'Referer: http://sup.example:9001/index.html?note=1'], [own, 'Sec-Fetch-Site: same-origin',
                                                                                   'Origin: https://proxy.example'], []):
            tap.equal(post(supervisor, {**stop, 'action': 'restart'}, headers), (303, 'Process cat restarted'),
                      'a form from here is taken: %r' % headers)
        with Supervisor(program, '') as other:
            tap.ok(token_of(other) != token, 'another supervisor has another token')


def login(program, tap):
    with Supervisor(program, PROGRAMS) as supervisor:
        with open(supervisor.config, encoding='utf-8') as file:
            text = file.read()
        with open(supervisor.config, 'w', encoding='utf-8') as file:
            file.write(text.replace('[unix_http_server]\n', '[unix_http_server]\nusername=u\npassword=secret\n'))
        supervisor.process.send_signal(1)
        supervisor.wait_log('supervisord started')
        for path in ('/', '/tail.html?processname=cat', '/stylesheets/supervisor.css', '/ok.html', '/logtail/cat'):
            tap.equal(get(supervisor, path)[0], 401, 'a page wants the login that is configured: ' + path)
        tap.equal(post(supervisor, {'action': 'stopall'})[0], 401, 'a form wants it too')
        answer = raw(supervisor, b'GET / HTTP/1.0\r\nAuthorization: Basic dTpzZWNyZXQ=\r\n\r\n')
        tap.ok(b' 200 ' in answer and b'Stop All' in answer, 'with the login the page is there')


def main():
    tap = Tap()
    for part in (status_page, tail_page, forms, strangers, login):
        part(sys.argv[1], tap)
    tap.done()


main()
