"""./dev fuzz --report: what all campaigns in this folder have done, from fuzz/campaign/status.jsonl.

Executions are counted per second of CPU time, so that a busy machine, or one with more cores, shows
the same speed. What a run that was killed had done is not counted.
"""
import collections
import dataclasses
import os
import re

import durable
from progress import duration, number

HEADER = (f'{"target":24} {"build":8} {"CPU time":>8} {"executions":>12} {"per CPU s":>9} {"cov":>7} '
          f'{"ft":>7} {"corpus":>7} {"err/bound":>9}')


@dataclasses.dataclass
class Row:
    """All slices of one target and build, or of several."""
    cpu_seconds: float = 0.0
    executions: int = 0
    cov: int = 0
    ft: int = 0
    corpus: int = 0
    worst: float | None = None

    def add(self, record):
        self.cpu_seconds += record['cpu_seconds']
        self.executions += record['executions']
        self.cov = max(self.cov, record['cov'])
        self.ft = max(self.ft, record['ft'])
        self.corpus = record['corpus']
        if record['worst'] is not None:
            self.worst = record['worst'] if self.worst is None else max(self.worst, record['worst'])

    def line(self, target, flavour):
        rate = f'{self.executions / self.cpu_seconds:.0f}' if self.cpu_seconds else '-'
        return (f'{target:24} {flavour:8} {duration(self.cpu_seconds):>8} {self.executions:12,} '
                f'{rate:>9} {self.cov:7} {self.ft:7} {self.corpus:7} {number(self.worst):>9}')


def show(state, regex):
    path = os.path.join(state, 'status.jsonl')
    rows = collections.defaultdict(Row)
    totals = {'explore': Row(), 'check': Row()}
    crashes = {}
    for record in durable.read_journal(path):
        if not re.search(regex, record.get('target', '')):
            continue
        if record['event'] == 'slice' and 'cpu_seconds' in record:
            rows[record['target'], record['flavour']].add(record)
            totals[record['flavour']].add(record)
        elif record['event'] == 'crash':
            crashes[record['target'], record['key']] = record['regression']
    if not rows:
        raise RuntimeError(f"no run of a target that matches '{regex}' has ended yet, says {path}")
    print(HEADER)
    for (target, flavour), row in sorted(rows.items(), key=lambda item: (item[0][0], item[0][1] == 'check')):
        print(row.line(target, flavour))
    for (target, key), regression in sorted(crashes.items()):
        print(f'crash {target}: {key}, {regression}')
    print(', '.join(f'{flavour}: {row.executions:,} executions in {duration(row.cpu_seconds)} of CPU time'
                    for flavour, row in totals.items() if row.cpu_seconds) +
          f'; {len(crashes)} crashes')
    return 0
