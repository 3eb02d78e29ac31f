"""What would a power cut have left? record.c has written down what a program did to its files, what it synced, and what
it said. Here the folder is built anew as of moments at which something was acknowledged, three ways:

    synced   only what was synced by then: bytes by a sync of their file, names by a sync of their folder
    some     that, and of the rest a random part: 4 KiB sectors of writes, each name's change by itself
    all      everything up to then (what kill -9 leaves), but for what a failed sync has lost

and is opened: all that was acknowledged by then must be there whole. And so that this says something: with the syncs of
one kind of file left out of the record, something must be found missing."""
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

    def lose(self, mark):
        """A sync has failed: the kernel thinks its pages written, and no later sync writes them."""
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

    mark, lose = File.mark, File.lose

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


    def on_fail(self, _a, b, _data):
        node, mark = self.marks.pop(b)
        node.lose(mark)


def records(path):
    with open(path, "rb") as f:
        while line := f.readline():
            kind, a, b, n = line.split()
            yield kind.decode(), int(a), int(b), f.read(int(n))


class Play:
    """A record on its way: what the machine has done, and what was acknowledged and begun by then."""

    def __init__(self, target, recorded, deaf_to=None):
        root, inode, self.log = recorded
        self.target, self.machine = target, Machine(root, inode, deaf_to)
        self.acked, self.begun = set(), set()

    def run(self):
        """Yields the number of each record that acknowledges something."""
        for i, (kind, a, b, data) in enumerate(records(self.log)):
            if kind != "say":
                self.machine.do(kind, a, b, data)
                continue
            begins, acks = self.target.begins(data), self.target.acks(data)
            if begins is None:
                self.begun = None
            else:
                self.begun.update(begins)
            self.acked.update(acks)
            if acks:
                yield i

    def rebuild(self, way, folder, seed):
        """Complaints about the folder as it would be found now."""
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        data = os.path.join(folder, "data")
        self.machine.top.build(data, way, random.Random(seed))
        os.chmod(data, 0o700)
        found, bad = self.target.check(data)
        return bad + self.target.ledger.check(found, self.acked, self.begun)


def record(target, folder, recorder, env):
    """Lets the target do its changes under the recorder: (root, its inode, log)."""
    data, log = os.path.join(folder, "data"), os.path.join(folder, "log")
    os.makedirs(data)
    inode = os.stat(data).st_ino
    target.begin(data, {"LD_PRELOAD": recorder, "RECORD_DIR": data, "RECORD_LOG": log, **env})
    target.wait()
    return data, inode, log


def try_moments(target, recorded, folder, moments):
    play = Play(target, recorded)
    acks = list(Play(target, recorded).run())
    chosen = set(random.sample(acks, min(moments, len(acks))))
    passed = failed = 0
    for moment in play.run():
        for way in WAYS if moment in chosen else ():
            bad = play.rebuild(way, folder, moment)
            passed, failed = passed + (not bad), failed + bool(bad)
            for line in bad[:10]:
                print(f"#   {target.name}: record {moment}, {way}: {line}", flush=True)
    print(f"# {target.name}: {len(acks)} acknowledgements after {play.machine.synced} syncs; {len(chosen)} moments, "
          f"{len(WAYS)} ways each: {failed} lost something", flush=True)
    return passed, failed, acks[-1]


def leave_out(target, recorded, folder, last):
    """(passed, failed): does it show when a kind of sync is missing?"""
    failed = 0
    for what, which in NEEDED.items():
        play = Play(target, recorded, which)
        for moment in play.run():
            if moment == last and not play.rebuild("synced", folder, 0):
                print(f"#   {target.name}: without the syncs of {what} nothing is lost: this test sees nothing")
                failed += 1
            if moment == last:
                break
    print(f"# {target.name}: without the syncs of one kind of file: {len(NEEDED) - failed} of {len(NEEDED)} noticed")
    return len(NEEDED) - failed, failed


def run(target, folder, recorder, moments):
    """(passed, failed)"""
    recorded, rebuilt = record(target, os.path.join(folder, "recorded"), recorder, {}), os.path.join(folder, "rebuilt")
    passed, failed, last = try_moments(target, recorded, rebuilt, moments)
    noticed, unnoticed = leave_out(target, recorded, rebuilt, last)
    return passed + noticed, failed + unnoticed


def run_sick(target, folder, recorder, moments):
    """The same on a disk whose syncs and writes fail now and then."""
    print(f"# {target.name}, with syncs and writes that fail:")
    env = {"RECORD_FAIL": "15", "RECORD_SHORT": "400"}
    recorded = record(target, os.path.join(folder, "recorded"), recorder, env)
    return try_moments(target, recorded, os.path.join(folder, "rebuilt"), moments)[:2]
