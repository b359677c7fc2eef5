"""See Scripts/check/side-names.sh."""

import argparse
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from directories import entries
from program import limit_this_process, run

from mutations import scenes

from side_names.layouts import chosen_writer, lay_out
from side_names.neighbours import WORK
from side_names.writers import WRITERS

PROCESSES = 2
DOCUMENTED = {0, 65, 66, 69, 73, 74, 75}


def snapshot(directory):
    """What of each entry must not change: type, mode, inode, size, times, where a link leads."""
    found = entries(directory)
    for path, facts in found.items():
        place = directory / path
        if place.is_symlink():
            found[path] = (*facts, str(place.readlink()))
        elif place.is_dir() and path != "place":
            found[path] = (*facts, place.stat().st_mtime_ns)
        elif place.stat(follow_symlinks=False).st_nlink > 1:
            found[path] = facts[:-1]  # without the time of its status, which changes when another name of it goes
    return found


def lost(before, after, besides):
    """Entries of `before` that are not as they were, but for some names and what is in them."""
    return [path for path in sorted(before) if before[path] != after.get(path, ())[:len(before[path])]
            and not any(path == name or path.startswith(f"{name}/") for name in besides)]


def execute(program, layout, directory, is_killed=False):
    """Runs the layout's command, to the call at which it is to be killed if so wanted."""
    if not is_killed:
        return run(program, [*layout.words, "--quiet"], directory)
    calls, count = layout.kill
    inject = f"inject={calls}:signal=SIGKILL:when={count}"
    tracer = ["-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject]
    return run("strace", [*tracer, program, *layout.words, "--quiet"], directory)


def problems(program, layout, directory, ends):
    """Runs a layout; yields what is wrong, and notes how the runs end."""
    before = snapshot(directory)
    runs = [execute(program, layout, directory, layout.ending == "kill")]
    was_killed = runs[0].code in (-9, 137)
    after = snapshot(directory)
    yield from changed(layout, before, after, runs[0], was_killed)
    if was_killed:
        runs.append(execute(program, layout, directory))
        left = after.keys() if runs[1].code else ()  # such as the work of a run that may still be resumed
        for problem in changed(layout, before, snapshot(directory), runs[1], was_killed=False, left=left):
            yield f"run again after the kill: {problem}"
    ended = runs[-1]
    ends.update(run.code for run in runs)
    if ended.code not in DOCUMENTED:
        yield f"exit code {ended.code}: {ended.err[-200:]!r}"
    if ended.timed_out:
        yield "hangs"
    if ended.code in (73, 75) and not was_killed and not layout.existing and not is_in_the_way(layout):
        yield f"refuses for a neighbour that is not in the way: {ended.err[-300:]!r}"


def is_in_the_way(layout):
    """Whether a neighbour has the name of the command's own work folder, or is to be written over."""
    return "--resume" in layout.words or any(name in layout.outputs or name.endswith(WORK) for name, _ in layout.beside)


def changed(layout, before, after, ended, was_killed, left=()):
    """What was there before and is not as it was; what is there now, but for `left`, and should not be."""
    replaced = layout.outputs if layout.is_forced and (ended.code == 0 or was_killed) else []
    for path in lost(before, after, replaced):
        yield f"{path} {'has changed' if path in after else 'is gone'} (exit code {ended.code})"
    for path in layout.outputs:
        if path in before and path not in after and path in replaced:
            yield f"{path}, the old output, is gone (exit code {ended.code})"
    new = [path for path in after if path not in before and path not in left]
    beside = [path for path in new if not any(path == name or path.startswith(f"{name}/") for name in layout.outputs)]
    if not was_killed and beside:
        yield f"leaves {beside[:3]} behind (exit code {ended.code})"
    if ended.code and not was_killed and len(new) > len(beside):
        yield f"fails with exit code {ended.code} and leaves an output"


class Rounds:
    """The scenes that layouts begin with."""

    def __init__(self, program, work, seed, families):
        self.program, self.work, self.seed = program, Path(work), seed
        self.ends = Counter()
        self.scenes = {family: scenes.make(family, self.work / family, program) for family in families}

    def play(self, number, directory, keep=False):
        """One layout; its title, and what is wrong."""
        writer, _ = chosen_writer(self.seed, number)
        scene = self.scenes[writer.family].copied(Path(directory))
        layout = lay_out(scene, self.seed, number)
        found = list(problems(self.program, layout, scene.directory, self.ends))
        if not keep:
            shutil.rmtree(directory)
        return layout.title, found

    def share(self, count, share):
        """Every PROCESSES-th layout, and how often runs ended how."""
        limit_this_process()
        return [(number, *self.play(number, self.work / f"layout-{share}"))
                for number in range(share, count, PROCESSES)], self.ends


def arguments():
    parser = argparse.ArgumentParser(prog="side-names.sh")
    parser.add_argument("count", nargs="?", default="500")
    parser.add_argument("seed", nargs="?", default="1")
    parser.add_argument("keep", nargs="?", type=Path)
    parser.add_argument("--program", required=True)
    return parser.parse_args()


def main():
    given = arguments()
    if given.keep and given.keep.exists():
        sys.exit(f"side-names: {given.keep} exists")
    start = time.monotonic()
    one = int(given.count[1:]) if given.count.startswith("@") else None
    families = {WRITERS[one % len(WRITERS)].family} if one is not None else {writer.family for writer in WRITERS}
    with tempfile.TemporaryDirectory(prefix="check-side-names-") as directory:
        rounds = Rounds(given.program, directory, given.seed, families)
        if one is not None:
            played = [(one, *rounds.play(one, given.keep or Path(directory) / "layout", keep=bool(given.keep)))]
            ends = rounds.ends
        else:
            with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
                shares = pool.starmap(rounds.share, [(int(given.count), share) for share in range(PROCESSES)])
            played, ends = sum((share[0] for share in shares), []), sum((share[1] for share in shares), Counter())
    failed = [each for each in sorted(played) if each[2]]
    for number, title, found in failed:
        print(f"Scripts/check/side-names.sh @{number} {given.seed}   # {title}")
        for problem in found:
            print(f"    {problem}")
    counts = ", ".join(f"{code}: {count}" for code, count in sorted(ends.items()))
    print(f"side names: seed {given.seed}, {len(played)} layouts, exit codes {counts}; "
          f"{len(failed)} layouts with problems, {time.monotonic() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
