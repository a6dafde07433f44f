#!/usr/bin/env python3
"""same_report.py ONE.json OTHER.json: whether two reports of `bptt-verify check` or `merge` say the same,
but for times and for how many cases were known from a journal. Ends with status 1 if not, and says where."""
import json
import sys

TIMES = ('started', 'seconds', 'found_after', 'known_before')


def reports_of(path):
    with open(path, encoding='utf-8') as file:
        reports = json.load(file)['reports']
    for report in reports:
        for key in TIMES:
            report.pop(key)
        # What one thread judges beyond the case with which another ends a row takes ways of its own.
        if report['summary']['broken']:
            report.pop('paths')
            report.pop('diagnosis')
    return reports


def differences(one, other, where):
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from differences(one[key], other[key], f'{where}.{key}')
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for k, pair in enumerate(zip(one, other)):
            yield from differences(*pair, f'{where}[{k}]')
    elif one != other:
        yield f'{where}: {json.dumps(one)[:200]} and {json.dumps(other)[:200]}'


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    found = list(differences(*map(reports_of, sys.argv[1:]), 'reports'))
    for line in found[:20]:
        print(line)
    print(f'{len(found)} differences' if found else 'the same')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
