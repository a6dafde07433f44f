"""What is known of each mutant: one line of JSON for each, appended as soon as it is known, so that a
run that was ended goes on where it stopped."""
import hashlib
import json
import os

LEAST_SCORE = 95.0  # %
STATES = ['killed', 'timed out', 'survived', 'equivalent', 'speed only', 'not compiled']


def fingerprint(mutant, text):
    """Of the file a mutant stands in, and of what it does there: a result is of that alone."""
    return hashlib.sha256(f'{text}\0{mutant.identity}\0{mutant.text}'.encode()).hexdigest()[:16]


class Results:
    def __init__(self, path):
        self.path, self.rows = path, {}
        try:
            with open(path, encoding='utf-8') as file:
                for line in file:
                    try:
                        row = json.loads(line)
                        self.rows[row['id']] = row
                    except (ValueError, KeyError):
                        pass  # the machine went down while this line was written
        except FileNotFoundError:
            pass

    def of(self, mutant, text):
        """The result of exactly this mutant in exactly this file, or None."""
        row = self.rows.get(mutant.identity)
        return row if row and row['fingerprint'] == fingerprint(mutant, text) else None

    def add(self, mutant, text, outcome):
        row = {'id': mutant.identity, 'original': mutant.original,
               'mutated': mutant.text or '(nothing)', **outcome,
               'fingerprint': fingerprint(mutant, text)}
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, 'ab+') as file:
            file.seek(0, os.SEEK_END)
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b'\n':  # half a line
                    file.write(b'\n')
            file.write((json.dumps(row, ensure_ascii=False) + '\n').encode())
            file.flush()
            os.fsync(file.fileno())
        self.rows[mutant.identity] = row
        return row


class Explanations:
    """Survivors that someone has looked at: why no check can see them."""

    def __init__(self, path):
        self.by_id, self.entries = {}, []
        with open(path, encoding='utf-8') as file:
            self.entries = json.load(file)['explained']
        for entry in self.entries:
            if entry['class'] not in ('equivalent', 'speed only'):
                raise ValueError(f'{path}: no such class: {entry["class"]}')
            for key, original, mutated in entry['mutants']:
                if key in self.by_id:
                    raise ValueError(f'{path}: {key} is explained twice')
                self.by_id[key] = {**entry, 'original': original, 'mutated': mutated}

    def of(self, row):
        """The explanation of a mutant, if it still does what was explained."""
        entry = self.by_id.get(row['id'])
        if entry and (entry['original'], entry['mutated']) == (row['original'], row['mutated']):
            return entry
        return None


def state_of(row, explanations):
    """One of STATES. An explanation counts for a survivor alone."""
    if row['state'] == 'survived':
        entry = explanations.of(row)
        return entry['class'] if entry else 'survived'
    return row['state']


def count_states(rows, explanations):
    counts = dict.fromkeys(STATES, 0)
    for row in rows:
        counts[state_of(row, explanations)] += 1
    return counts


def score(counts):
    """Percentage killed of those that a check could see; None if there are none."""
    killed = counts['killed'] + counts['timed out']
    total = killed + counts['survived']
    return 100.0 * killed / total if total else None
