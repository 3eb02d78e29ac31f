"""kill -9 at random moments, over and over on the same folder; each time all that was acknowledged must be there whole,
nothing torn, nothing left over."""
import os
import random
import time

BODIES = "bodies"


def count_bodies(folder):
    return sum(len(names) for _, _, names in os.walk(os.path.join(folder, BODIES)))


def run(target, folder, rounds):
    """(passed, failed)"""
    failed = 0
    data = os.path.join(folder, "data")
    for i in range(rounds):
        target.begin(data)
        time.sleep(random.uniform(0.02, 1.0))
        target.kill()
        before = count_bodies(data)
        found, bad = target.check(data)
        bad += target.ledger.check(found)
        target.ledger.settle(found)
        large = sum(int(state.split(":")[1]) > 128 * 1024 for state in found.values() if ":" in state)
        after = count_bodies(data)
        if after != large:
            bad.append(f"{after} files in {BODIES}/ for {large} large bodies")
        print(f"# {target.name}: kill {i + 1}: {len(target.ledger.acked)} acknowledged so far, {len(found)} keys, "
              f"{before - after} files swept", flush=True)
        for line in bad[:20]:
            print(f"#   {line}")
        failed += bool(bad)
    return rounds - failed, failed
