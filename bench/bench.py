#!/usr/bin/env python3
"""The server's benchmarks: Aerostat beside nginx (static files) and moto's server, in one run.

The first figure is the server's own CPU time for a request (user + system, from /proc), since it does not depend on the
client or on what else the machine does; beside it requests a second as the client saw them, and the time that half and
99 % of them took. Requests are signed before the clock starts and replayed by bench/load.c.

usage: bench.py [--load PROGRAM] [--quick] [--json FILE]
"""
import argparse
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import resource
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICK = os.sysconf('SC_CLK_TCK')
REGION = 'us-east-1'
KiB, MiB = 1024, 1024 * 1024


def cpu_of(pid):
    """Seconds of CPU of a process and its children that are alive."""
    total = 0
    for task in [pid] + children(pid):
        fields = pathlib.Path(f'/proc/{task}/stat').read_text().rsplit(')', 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def children(pid):
    out = []
    for stat in pathlib.Path('/proc').glob('[0-9]*/stat'):
        try:
            fields = stat.read_text().rsplit(')', 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(stat.parent.name)
            out += [child] + children(child)
    return out


def rss_mib(pid):
    for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmRSS'):
            return int(line.split()[1]) / 1024
    return 0


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Signer:
    """SigV4 by hand: much faster than a client library, and enough for what is sent here."""

    def __init__(self, access_key, secret):
        self.access_key, self.secret, self.keys = access_key, secret, {}

    def key(self, day, service):
        if (day, service) not in self.keys:
            k = ('AWS4' + self.secret).encode()
            for part in (day, REGION, service, 'aws4_request'):
                k = hmac.new(k, part.encode(), hashlib.sha256).digest()
            self.keys[day, service] = k
        return self.keys[day, service]

    def head(self, port, method, path, query='', service='s3', body=b'', sha=None, form=False, encrypt=False):
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime('%Y%m%dT%H%M%SZ')
        day, sha = stamp[:8], sha or hashlib.sha256(body).hexdigest()
        headers = {'host': f'127.0.0.1:{port}', 'x-amz-content-sha256': sha, 'x-amz-date': stamp}
        if encrypt:
            headers['x-amz-server-side-encryption'] = 'AES256'
        names = ';'.join(headers)
        canonical = '\n'.join([method, path, query] + [f'{k}:{v}' for k, v in headers.items()] + ['', names, sha])
        scope = f'{day}/{REGION}/{service}/aws4_request'
        text = '\n'.join(['AWS4-HMAC-SHA256', stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        signature = hmac.new(self.key(day, service), text.encode(), hashlib.sha256).hexdigest()
        lines = [f'{method} {path}{"?" + query if query else ""} HTTP/1.1'] + [f'{k}: {v}' for k, v in headers.items()]
        lines.append(f'authorization: AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, '
                     f'SignedHeaders={names}, Signature={signature}')
        if form:
            lines.append('content-type: application/x-www-form-urlencoded')
        return '\r\n'.join(lines)


class Run:
    """One replay against one server."""

    def __init__(self, args, work):
        self.args, self.work, self.rows = args, work, []

    def count(self, n):
        return max(64, n // 20) if self.args.quick else n

    def replay(self, server, name, heads, connections, count, body=None, tls=False):
        requests, body_file = self.work / 'requests', self.work / 'body'
        with open(requests, 'wb') as f:
            for h in heads:
                h = (h + f'\r\ncontent-length: {len(body) if body else 0}\r\n\r\n').encode()
                f.write(struct.pack('>I', len(h)) + h)
        port = server.tls_port if tls else server.port
        command = [self.args.load, *(['--tls'] if tls else []), str(port), str(connections), str(count), str(requests)]
        if body:
            body_file.write_bytes(body)
            command.append(str(body_file))
        before = cpu_of(server.pid)
        out = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        cpu = cpu_of(server.pid) - before
        row = {'what': name, 'server': server.name, 'connections': connections, **out,
               'cpu_us': cpu * 1e6 / count, 'per_second': count / out['seconds']}
        row['mb_per_second'] = max(out['bytes'], len(body or b'') * count) / out['seconds'] / 1e6
        self.rows.append(row)
        print(f"  {server.name:<9} {name:<34} {connections:>3} conn {row['cpu_us']:>9.1f} us CPU "
              f"{row['per_second']:>9.0f}/s  p50 {out['p50']:>7} us  p99 {out['p99']:>7} us"
              + (f"  {row['mb_per_second']:.0f} MB/s" if row['mb_per_second'] > 200 else '')
              + (f"  {out['errors']} ERRORS" if out['errors'] else ''), flush=True)
        return row


class Aerostat:
    name = 'aerostat'

    def __init__(self, work):
        self.data = work / f'data-{time.monotonic_ns()}'
        keys = {'accounts': [{'id': '123456789012', 'access_key': 'AKIABENCHBENCHBENCH1', 'secret': 'bench' * 8}],
                'users': [{'account': '123456789012', 'name': 'user', 'access_key': 'AKIABENCHBENCHBENCH2',
                           'secret': 'users' * 8}]}
        self.bootstrap = work / 'bootstrap.json'
        self.bootstrap.write_text(json.dumps(keys))
        self.signer = Signer('AKIABENCHBENCHBENCH1', 'bench' * 8)
        self.user = Signer('AKIABENCHBENCHBENCH2', 'users' * 8)
        self.log = open(work / 'aerostatd.log', 'ab')

    def start(self):
        """Milliseconds to the first answer."""
        began = time.monotonic()
        self.process = subprocess.Popen([ROOT / 'out/aerostatd', '--data', self.data, '--port', '0', '--bootstrap',
                                         self.bootstrap], stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline().decode()
        self.port, self.pid = int(line.rsplit(':', 1)[1]), self.process.pid
        self.tls_port = self.port
        ask(self)
        return (time.monotonic() - began) * 1000

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Moto:
    name = 'moto'

    def __init__(self, work):
        self.signer, self.log = Signer('test', 'test'), open(work / 'moto.log', 'ab')

    def start(self):
        self.port, began = free_port(), time.monotonic()
        self.process = subprocess.Popen([sys.executable, '-m', 'moto.server', '-H', '127.0.0.1', '-p', str(self.port)],
                                        stdout=self.log, stderr=self.log)
        self.pid = self.process.pid
        ask(self)
        return (time.monotonic() - began) * 1000

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Nginx:
    name = 'nginx'

    def __init__(self, work, files):
        self.root = work / 'nginx'
        (self.root / 'www').mkdir(parents=True)
        for name, body in files.items():
            (self.root / 'www' / name).write_bytes(body)
        self.port, self.tls_port = free_port(), free_port()
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-subj', '/CN=localhost', '-days', '2', '-keyout', self.root / 'key', '-out',
                        self.root / 'cert'], check=True, stderr=subprocess.DEVNULL)
        (self.root / 'nginx.conf').write_text(f'''
worker_processes 1; daemon off; pid {self.root}/pid; error_log {self.root}/error.log;
{'user root;' if os.geteuid() == 0 else ''}
events {{ worker_connections 4096; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=1000;
  client_body_temp_path {self.root}/t1; proxy_temp_path {self.root}/t2; fastcgi_temp_path {self.root}/t3;
  uwsgi_temp_path {self.root}/t4; scgi_temp_path {self.root}/t5;
  server {{ listen 127.0.0.1:{self.port}; listen 127.0.0.1:{self.tls_port} ssl; root {self.root}/www;
    ssl_certificate {self.root}/cert; ssl_certificate_key {self.root}/key; }} }}
''')

    def start(self):
        self.process = subprocess.Popen([shutil.which('nginx') or '/usr/sbin/nginx', '-c', self.root / 'nginx.conf'],
                                        stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        wait_port(self.port)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def wait_port(port):
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return
        except OSError:
            time.sleep(0.001)
    raise SystemExit(f'nothing listens on port {port}')


IDENTITY = b'Action=GetCallerIdentity&Version=2011-06-15'


def ask(server):
    """The first answer: GetCallerIdentity."""
    wait_port(server.port)
    head = server.signer.head(server.port, 'POST', '/', service='sts', body=IDENTITY, form=True)
    with socket.create_connection(('127.0.0.1', server.port), 30) as s:
        s.sendall((head + f'\r\ncontent-length: {len(IDENTITY)}\r\nconnection: close\r\n\r\n').encode() + IDENTITY)
        answer = s.recv(65536)
    if b' 200 ' not in answer[:20]:
        raise SystemExit(f'{server.name}: {answer[:400]!r}')


def put(run, server, path, body):
    head = server.signer.head(server.port, 'PUT', path, body=body)
    with socket.create_connection(('127.0.0.1', server.port), 60) as s:
        s.sendall((head + f'\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n').encode() + body)
        answer = b''
        while chunk := s.recv(65536):
            answer += chunk
    if b' 200 ' not in answer[:20]:
        raise SystemExit(f'{server.name}: PUT {path}: {answer[:400]!r}')
    return answer


def post(server, path, query):
    head = server.signer.head(server.port, 'POST', path, query)
    with socket.create_connection(('127.0.0.1', server.port), 60) as s:
        s.sendall((head + '\r\ncontent-length: 0\r\nconnection: close\r\n\r\n').encode())
        answer = b''
        while chunk := s.recv(65536):
            answer += chunk
    return answer.decode()


def small(run, server, share):
    """GET and PUT of 4 KiB, GetCallerIdentity; share of the usual count, for slow servers."""
    sign, port, four = server.signer.head, server.port, os.urandom(4 * KiB)
    count = lambda n: max(50, int(run.count(n) * share))
    head = sign(port, 'POST', '/', service='sts', body=IDENTITY, form=True)
    for connections in (1, 16):
        run.replay(server, 'GetCallerIdentity', [head], connections, count(40000), IDENTITY)
    put(run, server, '/bench', b'')
    put(run, server, '/bench/four', four)
    for connections in (1, 16, 64):
        run.replay(server, 'GET 4 KiB', [sign(port, 'GET', '/bench/four')], connections, count(60000))
    sha = hashlib.sha256(four).hexdigest()
    for connections in (1, 16, 64):
        n = count(3000 if connections == 1 else 40000)
        heads = [sign(port, 'PUT', f'/bench/{connections}/{i:08}', sha=sha) for i in range(n)]
        run.replay(server, 'PUT 4 KiB', heads, connections, n, four)


def ways(run, server, nginx):
    """The same bodies plain, over TLS, and encrypted on disk (SSE-S3, plain HTTP), in turns."""
    sign, port = server.signer.head, server.port
    four, big = os.urandom(4 * KiB), os.urandom(64 * MiB)
    huge = lambda n: 2 if run.args.quick else n
    sha = hashlib.sha256(four).hexdigest()
    small_puts = [sign(port, 'PUT', f'/bench/ways/{i:08}', sha=sha) for i in range(1000)]
    puts = {kept: [sign(port, 'PUT', f'/bench/ways/{kept}{i}', sha='UNSIGNED-PAYLOAD', encrypt=kept == 'SSE')
                   for i in range(4)] for kept in ('plain', 'SSE')}
    gets = {kept: [sign(port, 'GET', f'/bench/ways/{kept}0')] for kept in puts}
    for _ in range(3):
        for how, tls, kept in (('plain', False, 'plain'), ('over TLS', True, 'plain'), ('SSE-S3', False, 'SSE')):
            run.replay(server, f'{how}, PUT 64 MiB', puts[kept], 1, huge(6), big, tls)
            run.replay(server, f'{how}, GET 64 MiB', gets[kept], 1, huge(20), None, tls)
            if kept == 'SSE':
                continue
            run.replay(server, f'{how}, PUT 4 KiB', small_puts, 16, run.count(6000), four, tls)
            run.replay(server, f'{how}, GET 4 KiB', [sign(port, 'GET', '/bench/four')], 16, run.count(20000), None, tls)
            for name, what, connections, n in (('four', 'GET 4 KiB', 16, run.count(20000)),
                                               ('big', 'GET 64 MiB', 1, huge(20))):
                head = f'GET /{name} HTTP/1.1\r\nhost: x'
                run.replay(nginx, f'{how}, {what}', [head], connections, n, None, tls)


def turn(run, server, how, what, by):
    """This way's figure and the plain one's, of the turn whose ratio is the middle one."""
    of = lambda name: [r[by] for r in run.rows if r['server'] == server and r['what'] == f'{name}, {what}']
    turns = sorted(zip(of(how), of('plain')), key=lambda t: t[0] / (t[1] or 1))
    return turns[len(turns) // 2]


def print_ways(run):
    print('\nOver TLS, and encrypted on disk (SSE-S3), beside plain (the middle of three turns)')
    for server, how, what in dict.fromkeys((r['server'], *r['what'].split(', ')[:2]) for r in run.rows
                                           if r['what'].startswith(('over TLS, ', 'SSE-S3, '))):
        (mine, plain), rate = (turn(run, server, how, what, by) for by in ('cpu_us', 'mb_per_second'))
        if '64 MiB' in what:
            told = ratio(mine / 1000, plain / 1000, 'ms') if plain else 'too short to tell'
            print(f"  {server:<9} {what:<10} {how:<8}  CPU {told}, rate {ratio(*rate, 'MB/s')}")
        else:
            told = ratio(mine, plain, 'us') if plain else 'too short to tell'
            print(f'  {server:<9} {what:<10} {how:<8}  CPU {told}')


MANAGED = ('AmazonEC2ReadOnlyAccess', 'CloudWatchReadOnlyAccess', 'AmazonSageMakerReadOnly', 'IAMReadOnlyAccess',
           'AmazonEC2ContainerRegistryReadOnly')


def iam(server, **form):
    """An IAM call of root."""
    body = urllib.parse.urlencode({'Version': '2010-05-08', **form}).encode()
    head = server.signer.head(server.port, 'POST', '/', service='iam', body=body, form=True)
    with socket.create_connection(('127.0.0.1', server.port), 60) as s:
        s.sendall((head + f'\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n').encode() + body)
        answer = s.recv(65536)
    if b' 200 ' not in answer[:20]:
        raise SystemExit(f'{server.name}: {form}: {answer[:800]!r}')


def ten_policies(server):
    """The user gets five managed and five inline policies, of which one allows what is asked for."""
    for name in MANAGED:
        iam(server, Action='AttachUserPolicy', UserName='user', PolicyArn=f'arn:aws:iam::aws:policy/{name}')
    for i, bucket in enumerate(('a', 'b', 'c', 'd', 'bench')):
        statement = {'Effect': 'Allow', 'Action': ['s3:GetObject', 's3:PutObject'],
                     'Resource': f'arn:aws:s3:::{bucket}/*'}
        document = json.dumps({'Version': '2012-10-17', 'Statement': [statement]})
        iam(server, Action='PutUserPolicy', UserName='user', PolicyName=f'inline{i}', PolicyDocument=document)


def decided(run, server):
    """The same calls as root and as a user of ten policies, in turns."""
    ten_policies(server)
    who = {'root': server.signer, 'a user': server.user}
    for _ in range(5):
        for name, signer in who.items():
            head = signer.head(server.port, 'POST', '/', service='sts', body=IDENTITY, form=True)
            run.replay(server, f'as {name}, GetCallerIdentity', [head], 16, run.count(20000), IDENTITY)
        for name, signer in who.items():
            head = signer.head(server.port, 'GET', '/bench/four')
            run.replay(server, f'as {name}, GET 4 KiB', [head], 16, run.count(30000))


def decision_ratio(run, what):
    """CPU of the user's calls beside root's, in the turn whose ratio is the middle one: what else the machine does
    comes and goes between the turns."""
    of = {name: [r['cpu_us'] for r in run.rows if r['what'] == f'as {name}, {what}'] for name in ('root', 'a user')}
    turns = sorted(zip(of['a user'], of['root']), key=lambda t: t[0] / t[1])
    return turns[len(turns) // 2]


def large(run, server, share):
    sign, port = server.signer.head, server.port
    big, part = os.urandom(64 * MiB), os.urandom(8 * MiB)
    count = lambda n: max(2, int(run.count(n) * share)) if not run.args.quick else 2
    put(run, server, '/bench/big', big)
    run.replay(server, 'GET 64 MiB', [sign(port, 'GET', '/bench/big')], 1, count(40))
    heads = [sign(port, 'PUT', f'/bench/big{i}', body=b'', sha=hashlib.sha256(big).hexdigest()) for i in range(8)]
    run.replay(server, 'PUT 64 MiB, payload signed', heads, 1, count(16), big)
    heads = [sign(port, 'PUT', f'/bench/big{i}', sha='UNSIGNED-PAYLOAD') for i in range(8)]
    run.replay(server, 'PUT 64 MiB, payload unsigned', heads, 1, count(16), big)
    upload = post(server, '/bench/parts', 'uploads=').split('<UploadId>')[1].split('<')[0]
    sha = hashlib.sha256(part).hexdigest()
    heads = [sign(port, 'PUT', '/bench/parts', f'partNumber={i}&uploadId={upload}', sha=sha) for i in range(1, 129)]
    run.replay(server, 'PUT 8 MiB parts, payload signed', heads, 10, count(128), part)


def listing(run, server, keys):
    sign, port = server.signer.head, server.port
    put(run, server, '/list', b'')
    sha = hashlib.sha256(b'x').hexdigest()
    heads = [sign(port, 'PUT', f'/list/folder{i % 100:03}/{i:07}', sha=sha) for i in range(keys)]
    run.replay(server, f'PUT of {keys} keys to list', heads, 64, keys, b'x')
    for name, query in (('LIST 1,000', 'list-type=2&max-keys=1000'),
                        ('LIST 100 folders', 'delimiter=%2F&list-type=2')):
        run.replay(server, f'{name} of {keys} keys', [sign(port, 'GET', '/list', query)], 1, run.count(400))


def idle_connections(server, n=4000):
    """Resident memory with so many idle connections that each have had an answer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, n + 200), hard))
    opened = []
    try:
        for _ in range(min(n, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 150)):
            s = socket.create_connection(('127.0.0.1', server.port), 30)
            s.sendall(f'GET / HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n\r\n'.encode())
            s.recv(4096)
            opened.append(s)
        time.sleep(0.5)
        return len(opened), rss_mib(server.pid)
    finally:
        for s in opened:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def md5_rate():
    data, began = os.urandom(64 * MiB), time.process_time()
    for _ in range(4):
        hashlib.md5(data).digest()
    return 4 * 64 * MiB / (time.process_time() - began) / 1e6


def disk_rate(work):
    """MB a second of 64 MiB written and synced: what the disk lets a durable PUT have."""
    data, times = os.urandom(64 * MiB), []
    for _ in range(4):
        began = time.monotonic()
        with open(work / 'disk', 'wb', buffering=0) as f:
            f.write(data)
            os.fdatasync(f.fileno())
        times.append(time.monotonic() - began)
        os.unlink(work / 'disk')
    return 64 * MiB / statistics.median(times) / 1e6


def find(run, server, what, connections=None):
    for row in run.rows:
        if row['server'] == server and row['what'].startswith(what) and connections in (None, row['connections']):
            return row
    return None


def ratio(a, b, unit):
    return f'{a / b:.2f} x ({a:.1f} / {b:.1f} {unit})'


def goal_rows(run, facts):
    """What, where it stands, the goal, and is it reached."""
    get, nginx = find(run, 'aerostat', 'GET 4 KiB', 16)['cpu_us'], find(run, 'nginx', 'GET 4 KiB', 16)['cpu_us']
    rate = {name: find(run, *name)['mb_per_second'] for name in (
        ('aerostat', 'GET 64 MiB'), ('nginx', 'GET 64 MiB'),
        ('aerostat', 'PUT 64 MiB, payload signed'), ('aerostat', 'PUT 64 MiB, payload unsigned'))}
    big, big_nginx, signed, unsigned = rate.values()
    part = 8 * MiB / find(run, 'aerostat', 'PUT 8 MiB')['cpu_us']
    put4 = find(run, 'aerostat', 'PUT 4 KiB', 64)
    who = find(run, 'aerostat', 'GetCallerIdentity', 16)['cpu_us']
    lists, folders = (find(run, 'aerostat', what)['cpu_us'] / 1000 for what in ('LIST 1,000', 'LIST 100'))
    md5, start = facts['md5'], facts['restart_ms']
    caller, getter = (decision_ratio(run, what) for what in ('GetCallerIdentity', 'GET 4 KiB'))
    return [
        ('start to first answer', f"{start:.1f} ms (new data {facts['start_ms']:.1f} ms)", '<= 10 ms', start <= 10),
        ('idle RSS', f"{facts['rss']:.1f} MiB", '<= 12 MiB', facts['rss'] <= 12),
        ('stripped binary', f"{facts['binary']:.2f} MB", '<= 6 MB', facts['binary'] <= 6),
        ('GET 4 KiB, CPU beside nginx', ratio(get, nginx, 'us'), '<= 2 x', get <= 2 * nginx),
        ('GET 64 MiB, rate beside nginx', ratio(big, big_nginx, 'MB/s'), '>= 0.9 x', big >= .9 * big_nginx),
        ('PUT 64 MiB unsigned, beside one core of MD5', ratio(unsigned, md5, 'MB/s'), '>= 0.85 x',
         unsigned >= .85 * md5),
        ('PUT 64 MiB, payload signed', f'{signed:.0f} MB/s', '>= 450 MB/s', signed >= 450),
        ('PUT 8 MiB parts, 10 connections, per core', f'{part:.0f} MB/s', '>= 800 MB/s (multi-buffer, later)',
         part >= 800),
        ('PUT 4 KiB durable, 64 connections, CPU', f"{put4['cpu_us']:.0f} us", '<= 60 us', put4['cpu_us'] <= 60),
        ('PUT 4 KiB durable, 64 connections, rate', f"{put4['per_second']:.0f}/s", '>= 10,000/s',
         put4['per_second'] >= 10000),
        ('LIST 1,000 keys, CPU', f'{lists:.2f} ms', '<= 5 ms', lists <= 5),
        ('LIST with delimiter, CPU', f'{folders:.2f} ms', '<= 5 ms', folders <= 5),
        ('GetCallerIdentity, CPU', f'{who:.1f} us', '<= 16 us', who <= 16),
        ('GetCallerIdentity, ten policies beside root', ratio(*caller, 'us'), '<= 1.1 x',
         caller[0] <= 1.1 * caller[1]),
        ('GET 4 KiB, ten policies beside root', ratio(*getter, 'us'), '<= 1.1 x',
         getter[0] <= 1.1 * getter[1]),
    ]


def verdicts(run, facts):
    """The goals of the design, each with where it stands."""
    rows = goal_rows(run, facts)
    print('\nGoals')
    for what, got, goal, ok in rows:
        print(f"  {'reached    ' if ok else 'NOT REACHED'}  {what:<44} {got:<32} goal {goal}")
    return [{'what': w, 'got': g, 'goal': o, 'reached': bool(k)} for w, g, o, k in rows]


def ratios(run):
    print('\nBeside moto (CPU of the server for one request: moto / aerostat)')
    for what in ('GetCallerIdentity', 'GET 4 KiB', 'PUT 4 KiB', 'GET 64 MiB', 'PUT 64 MiB, payload signed'):
        ours, theirs = find(run, 'aerostat', what), find(run, 'moto', what)
        if ours and theirs and ours['cpu_us']:
            print(f"  {what:<34} {theirs['cpu_us'] / ours['cpu_us']:.0f} x")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--load', default='out/bench/load')
    parser.add_argument('--quick', action='store_true', help='a twentieth of the requests')
    parser.add_argument('--json', help='write all figures there')
    args = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix='aerostat-bench-'))
    run, facts = Run(args, work), {'md5': md5_rate(), 'disk': disk_rate(work)}
    try:
        ours = Aerostat(work)
        facts['start_ms'] = ours.start()
        time.sleep(0.3)
        facts['rss'] = rss_mib(ours.pid)
        facts['connections'], facts['rss_connections'] = idle_connections(ours)
        ours.stop()
        times = []
        for _ in range(5):
            times.append(ours.start())
            ours.stop()
        facts['restart_ms'] = statistics.median(times)
        stripped = work / 'stripped'
        subprocess.run(['strip', '-o', stripped, ROOT / 'out/aerostatd'], check=True)
        facts['binary'] = stripped.stat().st_size / 1e6
        nginx = Nginx(work, {'four': os.urandom(4 * KiB), 'big': os.urandom(64 * MiB)})
        nginx.start()
        ours.start()
        print('Small requests')
        for connections in (1, 16, 64):
            head = 'GET /four HTTP/1.1\r\nhost: x'
            run.replay(nginx, 'GET 4 KiB, a static file', [head], connections, run.count(60000))
        small(run, ours, 1)
        print('Decisions')
        decided(run, ours)
        print('Large bodies')
        run.replay(nginx, 'GET 64 MiB, a static file', ['GET /big HTTP/1.1\r\nhost: x'], 1, 2 if args.quick else 40)
        large(run, ours, 1)
        print('Over TLS, and encrypted on disk')
        ways(run, ours, nginx)
        print('Listings')
        listing(run, ours, 5000 if args.quick else 100000)
        facts['rss_after'] = rss_mib(ours.pid)
        ours.stop()
        nginx.stop()
        try:
            import moto  # noqa: F401
            print("moto's server, with a hundredth of the requests")
            peer = Moto(work)
            facts['moto_start_ms'] = peer.start()
            small(run, peer, 0.01)
            large(run, peer, 0.1)
            facts['moto_rss'] = rss_mib(peer.pid)
            peer.stop()
        except ImportError:
            print("moto's server: skipped, it is not installed")
        ratios(run)
        print_ways(run)
        goals = verdicts(run, facts)
        print(f"\nThe disk takes {facts['disk']:.0f} MB/s of files that are written and synced; "
              f"one core's MD5 is {facts['md5']:.0f} MB/s")
        print(f"RSS after all this {facts['rss_after']:.1f} MiB")
        print(f"RSS with {facts['connections']} idle connections {facts['rss_connections']:.1f} MiB")
        if 'moto_rss' in facts:
            print(f"moto: {facts['moto_rss']:.0f} MiB, {facts['moto_start_ms']:.0f} ms to its first answer")
        if args.json:
            pathlib.Path(args.json).write_text(json.dumps({'facts': facts, 'rows': run.rows, 'goals': goals}, indent=1))
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__':
    main()
