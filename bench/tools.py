#!/usr/bin/env python3
"""The toolkit's transfers beside others' tools, in one run against one server: 10,000 files of 4 KiB by sync and a file
of 1 GiB by cp, up and down. Wall time, the tool's own CPU time, and the server's. Every download is compared with what
went up. Tools that are not there are left out, and said.

usage: tools.py [--files N] [--mib N] [--turns N] [--all] [--json FILE]
"""
import argparse
import filecmp
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from bench import KiB, MiB, ROOT, Aerostat, cpu_of

BUCKET = 's3://tools'
VENV = pathlib.Path(sys.executable).parent


def spent(command, env, log):
    """Seconds of wall time and of CPU; it must end well."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([str(c) for c in command], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                          check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f'{" ".join(map(str, command))}: exit status {done.returncode}; its last words:\n'
                         + pathlib.Path(log.name).read_text(errors='replace')[-800:])
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


class Tool:
    """A program with its commands; one() copies a file, many() syncs a folder."""
    env = {}

    def __init__(self, name, program, note=''):
        self.name, self.program, self.note = name, program, note

    def one(self, source, target):
        return [self.program, 'cp', source, target]

    def many(self, source, target):
        return [self.program, 'sync', source, target]


class Ours(Tool):
    def one(self, source, target):
        return [self.program, 's3', *super().one(source, target)[1:]]

    def many(self, source, target):
        return [self.program, 's3', *super().many(source, target)[1:]]


class AwsCli(Tool):
    def one(self, source, target):
        return [*self.call(), 'cp', source, target]

    def many(self, source, target):
        return [*self.call(), 'sync', source, target]

    def call(self):
        return [self.program, 's3', '--endpoint-url', self.env['AWS_ENDPOINT_URL'], '--only-show-errors']


class S5cmd(Tool):
    def one(self, source, target):
        return [self.program, '--log', 'error', 'cp', source, target]

    def many(self, source, target):
        source, target = str(source), str(target)
        everything = source + ('*' if source.startswith('s3:') else '')
        return [self.program, '--log', 'error', 'sync', everything, target]


class Rclone(Tool):
    """16 transfers at once, as its page on S3 advises for many small files."""

    def one(self, source, target):
        return [self.program, 'copyto', *map(self.place, (source, target))]

    def many(self, source, target):
        return [self.program, 'sync', '--transfers', '16', '--checkers', '16', *map(self.place, (source, target))]

    @staticmethod
    def place(where):
        return str(where).replace('s3://', 'bench:')



def tools(everything):
    yield Ours('aerostat s3', ROOT / 'out/aerostat')
    yield AwsCli('AWS CLI 1', VENV / 'aws')
    if everything and (debian := pathlib.Path('/usr/bin/aws')).exists():
        yield AwsCli('AWS CLI 2', debian)
    for kind, name in ((Rclone, 'rclone'), (S5cmd, 's5cmd')):
        program = VENV / name if (VENV / name).exists() else shutil.which(name)
        if program:
            yield kind(name, program)
        else:
            print(f'{name}: left out, it is not installed')


def environment(server):
    keep = {k: v for k, v in os.environ.items() if not k.upper().startswith(('AWS_', 'RCLONE_', 'S3_'))}
    url = f'http://127.0.0.1:{server.port}'
    signer = server.signer
    return {**keep, 'HOME': str(server.data.parent), 'AWS_ACCESS_KEY_ID': signer.access_key,
            'AWS_SECRET_ACCESS_KEY': signer.secret, 'AWS_REGION': 'us-east-1', 'AWS_DEFAULT_REGION': 'us-east-1',
            'AWS_ENDPOINT_URL': url, 'S3_ENDPOINT_URL': url, 'AWS_EC2_METADATA_DISABLED': 'true',
            'RCLONE_CONFIG_BENCH_TYPE': 's3', 'RCLONE_CONFIG_BENCH_PROVIDER': 'Other',
            'RCLONE_CONFIG_BENCH_ENDPOINT': url, 'RCLONE_CONFIG_BENCH_ENV_AUTH': 'true',
            'RCLONE_CONFIG_BENCH_ACL': 'bucket-owner-full-control', 'RCLONE_S3_NO_CHECK_BUCKET': 'true'}


def make_files(folder, count):
    for i in range(count):
        path = folder / f'{i % 100:02}'
        path.mkdir(parents=True, exist_ok=True)
        (path / f'{i:05}.bin').write_bytes(os.urandom(4 * KiB))


def make_large(path, mib):
    with open(path, 'wb') as f:
        for _ in range(mib):
            f.write(os.urandom(MiB))


def same(a, b):
    if a.is_file():
        return filecmp.cmp(a, b, shallow=False)
    names = sorted(p.relative_to(a) for p in a.rglob('*') if p.is_file())
    there = sorted(p.relative_to(b) for p in b.rglob('*') if p.is_file())
    return names == there and all(filecmp.cmp(a / n, b / n, shallow=False) for n in names)


class Race:
    def __init__(self, work, args):
        self.work, self.args, self.rows = work, args, []
        self.server = Aerostat(work)
        self.log = open(work / 'tools.log', 'ab')

    def time(self, tool, what, command):
        os.sync()
        before = cpu_of(self.server.pid)
        wall, cpu = spent(command, tool.env, self.log)
        row = {'tool': tool.name, 'what': what, 'wall': wall, 'cpu': cpu, 'server': cpu_of(self.server.pid) - before}
        self.rows.append(row)
        print(f'  {tool.name:<12} {what:<26} {wall:>7.2f} s wall {cpu:>7.2f} s CPU {row["server"]:>7.2f} s server',
              flush=True)

    def both_ways(self, tool, what, source, commands):
        """Up to a prefix of its own, down to a folder of its own, compared."""
        name = f'{tool.name.replace(" ", "-")}-{len(self.rows)}'
        there, back = f'{BUCKET}/{name}/', self.work / name
        if source.is_file():
            there, back = there + 'file', back / 'file'
            back.parent.mkdir()
            up, down = commands(source, there), commands(there, back)
        else:
            back.mkdir()
            up, down = commands(f'{source}/', there), commands(there, f'{back}/')
        self.time(tool, f'{what}, up', up)
        self.time(tool, f'{what}, down', down)
        if not same(source, back):
            raise SystemExit(f'{tool.name}: what came back is not what went up')
        shutil.rmtree(back if back.is_dir() else back.parent)
        subprocess.run([ROOT / 'out/aerostat', 's3', 'rm', '--recursive', f'{BUCKET}/{name}/'], env=tool.env,
                       check=True, stdout=self.log, stderr=self.log)

    def run(self):
        small, large = self.work / 'small', self.work / 'large'
        make_files(small, self.args.files)
        make_large(large, self.args.mib)
        self.server.start()
        found = list(tools(self.args.all))
        env = environment(self.server)
        for tool in found:
            tool.env = env
        subprocess.run([ROOT / 'out/aerostat', 's3', 'mb', BUCKET], env=env, check=True, stdout=self.log,
                       stderr=self.log)
        for _ in range(self.args.turns):
            for tool in found:
                self.both_ways(tool, f'{self.args.files} x 4 KiB', small, tool.many)
        for _ in range(self.args.turns):
            for tool in found:
                self.both_ways(tool, f'{self.args.mib} MiB', large, tool.one)
        self.server.stop()


def middle(rows, tool, what, by):
    return statistics.median(r[by] for r in rows if r['tool'] == tool and r['what'] == what)


def ratios(rows):
    print('\nBeside aerostat s3 (their wall time / ours, their CPU time / ours)')
    names = list(dict.fromkeys(r['tool'] for r in rows))
    for what in dict.fromkeys(r['what'] for r in rows):
        wall, cpu = (middle(rows, names[0], what, by) for by in ('wall', 'cpu'))
        print(f'  {what:<22}' + ''.join(
            f'  {n}: {middle(rows, n, what, "wall") / wall:.1f} x, {middle(rows, n, what, "cpu") / cpu:.1f} x;'
            for n in names[1:]).rstrip(';'))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--files', type=int, default=10000)
    parser.add_argument('--mib', type=int, default=1024)
    parser.add_argument('--turns', type=int, default=1)
    parser.add_argument('--all', action='store_true', help="also Debian's AWS CLI 2, minutes more")
    parser.add_argument('--json', help='write all figures there')
    args = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix='aerostat-tools-'))
    try:
        print('Tools')
        race = Race(work, args)
        race.run()
        ratios(race.rows)
        if args.json:
            pathlib.Path(args.json).write_text(json.dumps(race.rows, indent=1))
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__':
    main()
