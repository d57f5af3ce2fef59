#!/usr/bin/python3
"""Prints what supervisord 4.2.5 (the package of that name) makes of a configuration, or its exact error, as JSON.

  oracle.py FILE...        one line each

It runs ServerOptions.realize(), so the answer has gone through all that supervisord does before it starts anything.
"""
import io
import json
import os
import socket
import sys
import warnings

sys.path.insert(0, '/usr/lib/python3/dist-packages')
warnings.simplefilter('ignore')

SETTINGS = ('nodaemon', 'silent', 'user', 'uid', 'gid', 'umask', 'directory', 'logfile', 'logfile_maxbytes',
            'logfile_backups', 'loglevel', 'pidfile', 'identifier', 'childlogdir', 'minfds', 'minprocs', 'nocleanup',
            'strip_ansi', 'serverurl')


class Exit(Exception):
    """Stands in for the end of the process."""


def leave(code):
    raise Exit(code)


def plain(value, datatypes):
    """A value of supervisor's as JSON has it."""
    names = {datatypes.Automatic: 'AUTO', datatypes.Syslog: 'SYSLOG', datatypes.RestartUnconditionally: 'true',
             datatypes.RestartWhenExitUnexpected: 'unexpected'}
    if isinstance(value, type) and value in names:
        return names[value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, dict):
        return {str(key): plain(item, datatypes) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, datatypes) for item in value]
    return repr(value)


def process(config, datatypes):
    names = config.req_param_names + config.optional_param_names
    out = {name: plain(getattr(config, name), datatypes) for name in names}
    out['class'] = config.__class__.__name__
    if config.autorestart is False:
        out['autorestart'] = 'false'
    return out


def group(config, datatypes, events):
    out = {'class': config.__class__.__name__, 'name': config.name, 'priority': config.priority,
           'processes': [process(item, datatypes) for item in config.process_configs]}
    if hasattr(config, 'buffer_size'):
        handler = config.result_handler
        out.update(buffer_size=config.buffer_size,
                   pool_events=sorted(events.getEventNameByType(item) for item in config.pool_events),
                   result_handler=handler.__module__ + ':' + handler.__name__)
    if hasattr(config, 'socket_config'):
        sock = config.socket_config
        out['socket'] = {'url': sock.url, 'backlog': sock.backlog, 'mode': getattr(sock, 'mode', None),
                         'owner': plain(getattr(sock, 'owner', None), datatypes)}
    return out


def dump(options, datatypes, events):
    section = options.configroot.supervisord
    settings = {name: plain(getattr(options, name), datatypes) for name in SETTINGS}
    settings['environment'] = section.environment
    servers = [dict(plain(item, datatypes), family='unix' if item['family'] == socket.AF_UNIX else 'inet')
               for item in section.server_configs]
    return {'ok': True, 'supervisord': settings, 'servers': servers,
            'rpcinterfaces': [[name, factory.__module__ + ':' + factory.__name__, plain(extra, datatypes)]
                              for name, factory, extra in section.rpcinterface_factories],
            'groups': [group(item, datatypes, events) for item in options.process_group_configs],
            'messages': {'critical': options.parse_criticals, 'warn': options.parse_warnings,
                         'info': options.parse_infos}}


def realize(path):
    from supervisor import datatypes, events, options
    err = io.StringIO()
    sys.argv[0] = '/usr/bin/supervisord'
    out = options.ServerOptions()
    out.exit, out.stderr, out.stdout = leave, err, err
    try:
        out.realize(['-c', path], doc='doc', progname='supervisord')
        return dump(out, datatypes, events)
    except Exit:
        return {'ok': False, 'error': err.getvalue()}
    except Exception as problem:  # pylint: disable=broad-except
        return {'ok': False, 'traceback': True, 'error': str(problem)}


def main():
    import supervisor.options  # pylint: disable=unused-import
    for path in sys.argv[1:]:
        # A child each: reading a configuration leaves traces in the modules.
        pid = os.fork()
        if pid == 0:
            print(json.dumps(realize(path)), flush=True)
            os._exit(0)
        os.waitpid(pid, 0)


main()
