"""What would a power cut have left? record.c has written down what a program did to its files, what it synced, and what
it said. Here the folder is built anew as of moments at which something was acknowledged, three ways:

    synced   only what was synced by then: bytes by a sync of their file, names by a sync of their folder
    some     that, and of the rest a random part: 4 KiB sectors of writes, each name's change by itself
    all      everything up to then (what kill -9 leaves)

and is opened: all that was acknowledged by then must be there whole. And so that this says something: with the syncs of
one kind of file left out of the record, something must be found missing."""
import itertools
import os
import random
import re
import shutil

SECTOR = 4096
WAYS = ("synced", "some", "all")
NEEDED = {
    "segments": r"segments/\d+\.seg",
    "the folder of segments": r"segments",
    "large bodies": r"bodies/../.*",
    "the folders of large bodies": r"bodies/..",
    "the WAL": r"aerostat\.db-wal",
    "the data folder": r"\.",
}


class File:
    def __init__(self):
        self.synced, self.waiting, self.done = bytearray(), [], 0  # done: how many were taken from waiting

    def put(self, change):
        self.waiting.append(change)

    def mark(self):
        return self.done + len(self.waiting)

    def sync(self, mark):
        for change in self.waiting[:max(0, mark - self.done)]:
            apply(self.synced, *change)
        del self.waiting[:max(0, mark - self.done)]
        self.done = max(self.done, mark)

    def build(self, path, way, rng):
        content = bytearray(self.synced)
        share = rng.choice((0.0, 0.1, 0.5, 0.9, 1.0)) if way == "some" else float(way == "all")
        for at, what in self.waiting:
            if share == 1:
                apply(content, at, what)
            elif share and isinstance(what, int):
                if rng.random() < share:
                    apply(content, at, what)
            elif share:
                apply_some(content, at, what, share, rng)
        with open(path, "wb") as f:
            f.write(content)


def apply(content, at, what):
    """A write of bytes, or a truncation to a size."""
    if isinstance(what, int):
        del content[what:]
        content.extend(bytes(what - len(content)))
        return
    content.extend(bytes(max(0, at - len(content))))
    content[at:at + len(what)] = what


def apply_some(content, at, what, share, rng):
    end = at + len(what)
    while at < end:
        stop = min(end, at - at % SECTOR + SECTOR)
        if rng.random() < share:
            apply(content, at, what[len(what) - (end - at):len(what) - (end - stop)])
        at = stop


class Folder:
    def __init__(self):
        self.now, self.synced, self.waiting, self.done = {}, {}, [], 0

    def put(self, *names):
        """Names that change together: (name, what it is now, None: gone)."""
        for name, node in names:
            set_name(self.now, name, node)
        self.waiting.append(names)

    mark = File.mark

    def sync(self, mark):
        for names in self.waiting[:max(0, mark - self.done)]:
            for name, node in names:
                set_name(self.synced, name, node)
        del self.waiting[:max(0, mark - self.done)]
        self.done = max(self.done, mark)

    def build(self, path, way, rng):
        os.makedirs(path)
        names = dict(self.synced)
        share = rng.choice((0.0, 0.5, 1.0)) if way == "some" else float(way == "all")
        for change in self.waiting:
            if rng.random() < share:
                for name, node in change:
                    set_name(names, name, node)
        for name, node in names.items():
            node.build(os.path.join(path, name), way, rng)


def set_name(names, name, node):
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


class Machine:
    """The files below a folder, as memory and the disk have them."""

    def __init__(self, root, inode, deaf_to=None):
        self.root, self.top = os.path.realpath(root), Folder()
        self.inodes, self.paths = {inode: self.top}, {inode: "."}
        self.marks, self.deaf_to = {}, deaf_to
        self.synced = 0

    def find(self, path):
        """The folder that holds it, and its name."""
        parts = [p for p in os.path.relpath(os.path.normpath(path), self.root).split(os.sep) if p != "."]
        folder = self.top
        for p in parts[:-1]:
            folder = folder.now[p]
        return folder, parts[-1]

    def do(self, kind, a, b, data):
        getattr(self, "on_" + kind)(a, b, data)

    def new(self, node, inode, data):
        folder, name = self.find(data.decode())
        self.inodes[inode] = node
        self.paths[inode] = os.path.relpath(data.decode(), self.root).replace("bodies.new", "bodies")
        folder.put((name, node))

    def on_create(self, a, _b, data):
        self.new(File(), a, data)

    def on_mkdir(self, a, _b, data):
        self.new(Folder(), a, data)

    def on_link(self, a, _b, data):
        self.new(self.inodes[a], a, data)

    def on_write(self, a, b, data):
        self.inodes[a].put((b, data))

    def on_truncate(self, a, b, _data):
        self.inodes[a].put((0, b))

    def on_unlink(self, _a, _b, data):
        folder, name = self.find(data.decode())
        folder.put((name, None))

    def on_rename(self, _a, _b, data):
        (old, a), (new, b) = (self.find(p.decode()) for p in data.split(b"\0"))
        assert old is new, "a rename into another folder"
        old.put((a, None), (b, old.now[a]))

    def on_begin(self, a, b, _data):
        self.marks[b] = (self.inodes[a], self.inodes[a].mark())

    def on_end(self, a, b, _data):
        node, mark = self.marks.pop(b)
        if not (self.deaf_to and re.fullmatch(self.deaf_to, self.paths[a])):
            node.sync(mark)
            self.synced += 1


def records(path):
    with open(path, "rb") as f:
        while line := f.readline():
            kind, a, b, n = line.split()
            yield kind.decode(), int(a), int(b), f.read(int(n))


def record(target, folder, recorder):
    """Lets the target do its changes under the recorder; (root, its inode, log)."""
    data, log = os.path.join(folder, "data"), os.path.join(folder, "log")
    os.makedirs(data)
    inode = os.stat(data).st_ino
    target.begin(data, {"LD_PRELOAD": recorder, "RECORD_DIR": data, "RECORD_LOG": log})
    target.wait()
    return data, inode, log


def pick(target, log, moments):
    """Of the moments at which something is acknowledged, that many."""
    acks = [i for i, r in enumerate(records(log)) if r[0] == "say" and target.acks(r[3])]
    return len(acks), set(random.sample(acks, min(moments, len(acks))))


def try_moment(target, machine, acked, way, folder, seed):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    data = os.path.join(folder, "data")
    machine.top.build(data, way, random.Random(seed))
    os.chmod(data, 0o700)
    found, bad = target.check(data)
    return bad + target.ledger.check(found, acked)


def lose(target, root, inode, log, folder):
    """(passed, failed): does it show when a kind of sync is missing?"""
    failed, last = 0, max(i for i, r in enumerate(records(log)) if r[0] == "say" and target.acks(r[3]))
    for what, which in NEEDED.items():
        machine, acked = Machine(root, inode, which), set()
        for kind, a, b, data in itertools.islice(records(log), last + 1):
            if kind == "say":
                acked.update(target.acks(data))
            else:
                machine.do(kind, a, b, data)
        if not try_moment(target, machine, acked, "synced", os.path.join(folder, "rebuilt"), 0):
            print(f"#   {target.name}: without the syncs of {what} nothing is lost: this test sees nothing")
            failed += 1
    print(f"# {target.name}: without the syncs of one kind of file: {len(NEEDED) - failed} of {len(NEEDED)} noticed")
    return len(NEEDED) - failed, failed


def run(target, folder, recorder, moments):
    """(passed, failed)"""
    root, inode, log = record(target, os.path.join(folder, "recorded"), recorder)
    machine, acked = Machine(root, inode), set()
    n_acks, chosen = pick(target, log, moments)
    passed = failed = 0
    for i, (kind, a, b, data) in enumerate(records(log)):
        if kind != "say":
            machine.do(kind, a, b, data)
            continue
        acked.update(target.acks(data))
        for way in WAYS if i in chosen else ():
            bad = try_moment(target, machine, acked, way, os.path.join(folder, "rebuilt"), i)
            passed, failed = passed + (not bad), failed + bool(bad)
            for line in bad[:10]:
                print(f"#   {target.name}: record {i}, {way}: {line}", flush=True)
    print(f"# {target.name}: {n_acks} acknowledgements after {machine.synced} syncs; {len(chosen)} moments, "
          f"{len(WAYS)} ways each: {failed} lost something", flush=True)
    noticed, unnoticed = lose(target, root, inode, log, folder)
    return passed + noticed, failed + unnoticed
