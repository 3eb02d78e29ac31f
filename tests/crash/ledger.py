"""What was asked for and what was acknowledged, by key. A key has one writer, so at most one change is in flight:
after a crash it must be in the state of its last acknowledged change, or of the one after that."""
import threading

GONE = "-"


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.changes = {}  # key -> [(id, state)] in their order
        self.acked = set()

    def begin(self, change, key, state):
        with self.lock:
            self.changes.setdefault(key, []).append((change, state))

    def ack(self, change):
        with self.lock:
            self.acked.add(change)

    def allowed(self, key, acked, begun):
        """The states that the key may be in when these are acknowledged, and these were begun (None: nobody knows, but
        it is one at most). On a disk that fails there may be several that were tried since the last that went well."""
        states, tried = [GONE], 0
        for change, state in self.changes[key]:
            if change in acked:
                states, tried = [state], 0
            elif change in begun if begun is not None else not tried:
                states, tried = states + [state], 1
        return states

    def check(self, found, acked=None, begun=None):
        """found: key -> state. Complaints, as sentences."""
        acked = self.acked if acked is None else acked
        bad = [f"{key} is {found.get(key, GONE)}, not {' or '.join(self.allowed(key, acked, begun))}"
               for key in self.changes if found.get(key, GONE) not in self.allowed(key, acked, begun)]
        return bad + [f"{key} is there, and nobody wrote it" for key in found if key not in self.changes]

    def settle(self, found):
        """After a crash: what was in flight has happened or has not."""
        for key, changes in self.changes.items():
            if changes:
                change, state = changes[-1]
                if change not in self.acked and found.get(key, GONE) == state:
                    self.acked.add(change)
                elif change not in self.acked:
                    changes.pop()
