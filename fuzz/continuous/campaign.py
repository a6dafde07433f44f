"""All targets in turn, on all cores. A turn of a target: what the last turn left is taken in, the
fast build explores, the build with sanitizers checks what is new and goes on from there, crashes
become regressions, and a corpus that has grown is minimised.
"""
import dataclasses
import os
import queue
import random
import shutil
import threading
import time

import corpus as corpora
import crashes
import durable
import libfuzzer

CHECK_SHARE = 0.25       # of a turn's time
LEAST_CHECKED = 100      # entries from which the check build starts
MOST_CRASHES = 20        # in one turn; a target that crashes at once waits for its next turn
GRACE = 600              # seconds to run the corpus before a run's own time begins


@dataclasses.dataclass
class Settings:
    tree: str
    state: str                # the folder of all that is kept: fuzz/campaign
    seconds: float | None     # of the whole; None: until interrupted
    slice_seconds: int        # of one turn
    jobs: int
    once: bool = False        # one turn each, of the check build alone
    minimise_after: int = 200  # new entries
    minimise_seconds: int = 60


class TargetBroken(Exception):
    """A target that cannot be run: its binary fails, and not on an input."""


class Target:
    """A target's files, and what its last slices said."""

    def __init__(self, settings, name, binaries):
        self.name = name
        self.binaries = binaries  # flavour -> path
        self.corpus = corpora.Corpus(settings.state, name)
        self.ft = {}
        self.worst = None
        self._tree = settings.tree
        self._inputs_file = os.path.join(settings.state, 'inputs', name)
        self.failing = set()  # seeds and regressions that crash; no run starts from them
        dictionary = self.path('fuzz', 'dictionaries', f'{name}.dict')
        self.dictionary = dictionary if os.path.exists(dictionary) else None

    def path(self, *parts):
        return os.path.join(self._tree, *parts)

    def seeds(self):
        """Those that the build has made. Raises TargetBroken if there are none."""
        folder = libfuzzer.seeds_of(self.binaries['check'])
        found = self._files_in(folder)
        if not found:
            raise TargetBroken(f'there are no seeds in {folder}; the build makes them')
        return found

    def regressions(self):
        return self._files_in(self.path('fuzz', 'regressions', self.name))

    @staticmethod
    def _files_in(folder):
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        paths = [os.path.join(folder, name) for name in names]
        return [path for path in paths if os.path.isfile(path)]

    def seeds_file(self):
        """The seeds and regressions that do not crash, as -seed_inputs reads them; None if all do."""
        paths = [p for p in self.seeds() + self.regressions() if p not in self.failing]
        for path in paths:
            if ',' in path:
                raise TargetBroken(f'{path}: libFuzzer takes the comma for the end of the name')
        if not paths:
            return None
        durable.write_whole(self._inputs_file, ','.join(paths))
        return self._inputs_file


class Campaign:
    def __init__(self, settings, targets, progress, clock=time.monotonic):
        """clock: seconds since some moment."""
        self._settings = settings
        self._targets = targets
        self._progress = progress
        self._crashes = crashes.Crashes(settings.tree, settings.state, settings.minimise_seconds)
        self.broken = []    # names of targets that could not be run
        self.waiting = {target.name for target in targets}  # those that have had no turn
        self._told = set()  # (target, key) of this campaign
        self._stop = threading.Event()
        self._failure = None
        self._clock = clock
        self._start = clock()
        self._swaps = True

    @property
    def crash_count(self):
        return len(self._told)

    def stop(self):
        self._stop.set()

    def seconds_left(self):
        if self._settings.seconds is None:
            return None
        return self._settings.seconds - (self._clock() - self._start)

    def run(self):
        """Until the time is over or `stop` is called. Raises what a worker raised."""
        turns = queue.SimpleQueue()
        for target in self._targets:
            turns.put(target)
        workers = min(self._settings.jobs, len(self._targets))
        each = [self._settings.jobs // workers + (k < self._settings.jobs % workers)
                for k in range(workers)]
        threads = [threading.Thread(target=self._work, args=(turns, count)) for count in each]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)  # so that a signal is seen
        if self._failure:
            raise self._failure

    def _work(self, turns, processes):
        try:
            while not self._stop.is_set():
                try:
                    target = turns.get_nowait()
                except queue.Empty:
                    # Every target is in another worker's hands; that worker puts it back.
                    if (self._settings.once or self._over()
                            or len(self.broken) == len(self._targets)):
                        return
                    time.sleep(0.1)
                    continue
                try:
                    self.turn(target, processes)
                except TargetBroken as error:
                    self.broken.append(target.name)
                    self._progress.note(target.name, f'cannot be run: {error}')
                    continue
                if self._settings.once:
                    continue
                if self._over():
                    return
                turns.put(target)
        except Exception as error:  # told by run(), in the thread that called it
            self._failure = error
            self._stop.set()

    def _over(self):
        left = self.seconds_left()
        return self._stop.is_set() or (left is not None and left < 1)

    def turn(self, target, processes):
        self.waiting.discard(target.name)
        self._recover(target)
        seconds = self._settings.slice_seconds
        left = self.seconds_left()
        if left is not None:
            seconds = max(1, min(seconds, int(left)))
        if not self._settings.once:
            check = max(1, round(seconds * CHECK_SHARE))
            self._slice(target, 'explore', max(1, seconds - check), processes)
            seconds = check
        if not self._stop.is_set():
            self._check(target, seconds, processes)
        if not self._stop.is_set() and target.corpus.grown >= self._settings.minimise_after:
            self._minimise(target)

    def _recover(self, target):
        """What a run left that was not looked after: by a kill, or by this campaign's end."""
        self._take_in(target)
        self._settle(target)
        target.corpus.clear_work()

    def _take_in(self, target, checked=False):
        added = target.corpus.take_in(checked)
        if added:
            self._progress.corpus(target.name, added)
        return added

    def _settle(self, target):
        """Artifacts become regressions; how many there were. A run that starts from an input that
        crashes would end there, so it leaves the corpus and the inputs to start from."""
        found = crashes.find_artifacts(target.corpus.work)
        scratch = os.path.join(target.corpus.work, 'scratch')
        os.makedirs(scratch, exist_ok=True)
        order = [target.binaries[f] for f in ('check', 'explore') if f in target.binaries]
        for path, kind in found:
            name = durable.content_hash(durable.read_bytes(path))
            regressions = target.regressions()
            crash = self._crashes.settle(target.name, order, path, kind, regressions, scratch)
            new = not self._crashes.is_told(crash)
            self._progress.crash(crash, name, new, known=(crash.target, crash.key) in self._told)
            self._told.add((crash.target, crash.key))
            self._crashes.mark_told(crash)
            target.failing.update(p for p in target.seeds() + regressions if durable.is_whole(p, name))
            target.failing.add(target.path(crash.regression))
            target.corpus.remove(name)
            os.unlink(path)
        return len(found)

    def _slice(self, target, flavour, seconds, processes, links=None):
        """Runs of one flavour for `seconds` from the corpus, or the folder `links` of some of it;
        starts again after a crash. Whether every input it started from was run."""
        end = self._clock() + seconds
        crashed, every = 0, []
        while True:
            outcomes = self._runs(target, flavour, max(1, round(end - self._clock())), processes,
                                  links or target.corpus.folder)
            self._take_in(target, checked=flavour == 'check')
            every += outcomes
            inited = all(outcome.inited for outcome in outcomes)
            if self._stop.is_set():
                self._tell(target, flavour, every)
                return inited
            count = self._settle(target)
            self._note_oddities(target, flavour, outcomes, count)
            crashed += count
            if count == 0 or crashed >= MOST_CRASHES or (inited and self._clock() >= end):
                self._tell(target, flavour, every)
                return inited
            if links:
                target.corpus.unlink_removed(links)

    def _note_oddities(self, target, flavour, outcomes, artifacts):
        for outcome in outcomes:
            if outcome.timed_out:
                self._progress.note(target.name, f'{flavour} did not end {GRACE} s after its time '
                                    'and was stopped')
            elif outcome.status != 0 and artifacts == 0:
                last = outcome.output.decode(errors='replace').strip().splitlines()[-3:]
                raise TargetBroken(f'{flavour} ended with status {outcome.status} and left no '
                                   f'input: {" | ".join(last)}')

    def _runs(self, target, flavour, seconds, processes, from_folder):
        """`processes` runs side by side, to their end."""
        outcomes = [libfuzzer.Outcome() for _ in range(processes)]
        seeds = target.seeds_file()

        def one(index):
            output, artifacts = target.corpus.run_folder(f'{flavour}-{index}')
            command = libfuzzer.fuzz_command(target.binaries[flavour], seconds, output,
                                             [from_folder], artifacts, target.dictionary, seeds)

            def tick(outcome):
                if index == 0:
                    self._take_in(target, checked=flavour == 'check')
                    self._progress.running(self._record(target, flavour, [outcome]))
            outcomes[index] = libfuzzer.run(command, seconds + GRACE, tick, self._stop)

        threads = [threading.Thread(target=one, args=(k,)) for k in range(1, processes)]
        for thread in threads:
            thread.start()
        one(0)
        for thread in threads:
            thread.join()
        for index, outcome in enumerate(outcomes):
            self._keep_slow(target, f'{flavour}-{index}')
            if outcome.status != 0 and not self._stop.is_set():
                # For a crash that does not come again when its input is repeated.
                durable.write_whole(os.path.join(self._settings.state, 'crashes', 'last',
                                                 f'{target.name}-{flavour}-{index}.log'),
                                    outcome.output)
        return outcomes

    def _keep_slow(self, target, which):
        """Inputs that took long are no crashes; they are put aside."""
        _, artifacts = target.corpus.run_folder(which)
        for name in os.listdir(artifacts):
            if name.startswith('slow-unit-'):
                folder = os.path.join(self._settings.state, 'slow', target.name)
                os.makedirs(folder, exist_ok=True)
                os.replace(os.path.join(artifacts, name), os.path.join(folder, name))

    def _record(self, target, flavour, outcomes):
        worst = [o.worst for o in outcomes if o.worst is not None]
        ft = max(o.ft for o in outcomes)
        executions, seconds = sum(o.executions for o in outcomes), sum(o.seconds for o in outcomes)
        return {'target': target.name, 'flavour': flavour,
                'seconds': round(seconds, 2),
                'cpu_seconds': round(sum(o.cpu_seconds for o in outcomes), 2),
                'executions': executions,
                'executions_per_second': round(executions / seconds, 1) if seconds else 0.0,
                'cov': max(o.cov for o in outcomes), 'ft': ft,
                'new_features': max(0, ft - target.ft.get(flavour, 0)),
                'corpus': len(target.corpus.entries),
                'worst': max([*worst, *([] if target.worst is None else [target.worst])],
                             default=None),
                'crashes': self.crash_count, 'seconds_left': self.seconds_left()}

    def _tell(self, target, flavour, outcomes):
        record = self._record(target, flavour, outcomes)
        target.ft[flavour] = max(record['ft'], target.ft.get(flavour, 0))
        target.worst = record['worst']
        self._progress.slice(record)

    def _check(self, target, seconds, processes):
        """The build with sanitizers runs what it has not run yet and some of the rest, then goes on
        fuzzing. Once: everything."""
        unchecked = target.corpus.unchecked()
        some = sorted(target.corpus.entries if self._settings.once else target.corpus.checked)
        more = len(some) if self._settings.once else max(0, LEAST_CHECKED - len(unchecked))
        names = unchecked | set(random.sample(some, min(more, len(some))))
        folder = target.corpus.link(names, 'to-check')
        if self._slice(target, 'check', seconds, processes, folder):
            target.corpus.mark_checked(names)
        shutil.rmtree(folder)

    def _minimise(self, target):
        """-merge=1 into a new folder, which then takes the place of the corpus."""
        binary = target.binaries.get('explore', target.binaries['check'])
        before = len(target.corpus.entries)
        merged = target.corpus.merge_folder()
        _, artifacts = target.corpus.run_folder('merge')
        outcome = libfuzzer.run(
            libfuzzer.merge_command(binary, merged, target.corpus.folder, artifacts), GRACE,
            stop=self._stop)
        if self._stop.is_set():
            return
        after = len(os.listdir(merged))
        if outcome.status != 0 or outcome.timed_out or after == 0:
            self._progress.note(target.name, 'the corpus could not be minimised (status '
                                f'{outcome.status} after {outcome.seconds:.0f} s); it stays')
            target.corpus.mark_minimised()
            return
        try:
            target.corpus.replace_by(
                merged, lambda removed: self._progress.minimised(target.name, before, after, removed))
        except OSError as error:
            if not durable.cannot_exchange(error):
                raise
            if self._swaps:
                self._progress.note(target.name, f'corpora are not minimised here: {error}')
            self._swaps = False
        target.corpus.mark_minimised()
