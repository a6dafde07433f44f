"""What was measured, run by run: an SQLite file, and lines of JSON for git.

A run is {id, time, commit, context, figures}: `context` says on what machine, with what compiler, ..;
`figures` are [{benchmark, measure, value, lower, upper, count}]. The id is a hash of all else, so that the
same line read twice is there once.
"""
import hashlib
import json
import os
import sqlite3

SCHEMA = '''
CREATE TABLE IF NOT EXISTS run (
  id TEXT PRIMARY KEY, time INTEGER NOT NULL, commit_name TEXT NOT NULL, context TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS figure (
  run TEXT NOT NULL REFERENCES run(id), benchmark TEXT NOT NULL, measure TEXT NOT NULL,
  value NOT NULL, lower REAL, upper REAL, count INTEGER,
  PRIMARY KEY (run, benchmark, measure));
CREATE INDEX IF NOT EXISTS of_benchmark ON figure (benchmark, measure);
'''
VERSION = 2


def rounded(value):
    """Six digits; whole numbers stay as they are."""
    return value if value is None or isinstance(value, int) else float(f'{value:.6g}')


def figure(benchmark, measure, value, lower=None, upper=None, count=None):
    return {'benchmark': benchmark, 'measure': measure, 'value': rounded(value), 'lower': rounded(lower),
            'upper': rounded(upper), 'count': count}


def run_of(time, commit, context, figures):
    body = {'time': int(time), 'commit': commit, 'context': context,
            'figures': sorted(figures, key=lambda f: (f['benchmark'], f['measure']))}
    return {'id': hashlib.sha256(_text_of(body).encode()).hexdigest()[:16], **body}


def _text_of(value):
    """The same text for the same content: 2 and 2.0 are one number, whatever a database made of it."""
    if isinstance(value, dict):
        return '{' + ','.join(f'{key}:{_text_of(value[key])}' for key in sorted(value)) + '}'
    if isinstance(value, (list, tuple)):
        return '[' + ','.join(map(_text_of, value)) + ']'
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f'{value:.6g}'
    return str(value)


def run_of_bench(document):
    """From what `bptt_bench --record` writes."""
    if document.get('schema') != 'bptt-verify/bench':
        raise ValueError(f'no record of bptt_bench: its schema is {document.get("schema")!r}')
    figures = [figure(name, 'seconds', row['seconds'], row['lower'], row['upper'], row['repetitions'])
               for name, row in document['benchmarks'].items()]
    return run_of(document['time'], document['commit'], context_of(document), figures)


def context_of(document):
    return {key: value for key, value in document.items()
            if key not in ('schema', 'version', 'time', 'commit', 'benchmarks')}


def line_of(run):
    """Figures by name, each [value, lower, upper, count] without what is not known at its end."""
    figures = {}
    for f in run['figures']:
        row = [f['value'], f['lower'], f['upper'], f['count']]
        while len(row) > 1 and row[-1] is None:
            row.pop()
        figures.setdefault(f['benchmark'], {})[f['measure']] = row
    return json.dumps({'version': VERSION, 'id': run['id'], 'time': run['time'], 'commit': run['commit'],
                       'context': run['context'], 'figures': figures}, separators=(',', ':'))


def run_of_line(line):
    """Lines of version 1, which had medians of times alone, are read too."""
    row = json.loads(line)
    if row.get('version') == 1:
        context = {key: row[key] for key in ('cpu', 'target', 'peak_gflops')}
        figures = [figure(name, 'seconds', f['seconds'], count=f['repetitions'])
                   for name, f in row['benchmarks'].items()]
        return run_of(row['time'], row['commit'], context, figures)
    if row.get('version') != VERSION:
        raise ValueError(f'a line of version {row.get("version")!r}; this program reads 1 and {VERSION}')
    figures = [figure(benchmark, measure, *values)
               for benchmark, measures in row['figures'].items() for measure, values in measures.items()]
    run = run_of(row['time'], row['commit'], row['context'], figures)
    if run['id'] != row['id']:
        raise ValueError(f'the line of run {row["id"]} was changed: its content has id {run["id"]}')
    return run


class History:
    def __init__(self, path):
        self.connection = sqlite3.connect(path)
        self.connection.executescript(SCHEMA)

    def add(self, run):
        """False if it is there."""
        with self.connection:
            fresh = self.connection.execute('INSERT OR IGNORE INTO run VALUES (?,?,?,?)', (
                run['id'], run['time'], run['commit'], json.dumps(run['context']))).rowcount == 1
            if fresh:
                self.connection.executemany(
                    'INSERT INTO figure VALUES (?,?,?,?,?,?,?)',
                    [(run['id'], f['benchmark'], f['measure'], f['value'], f['lower'], f['upper'],
                      f['count']) for f in run['figures']])
        return fresh

    def runs(self, measure=None):
        """By time. measure: only those that have it."""
        rows = self.connection.execute(
            'SELECT id, time, commit_name, context FROM run WHERE ? IS NULL OR EXISTS '
            '(SELECT 1 FROM figure WHERE run = run.id AND measure = ?) ORDER BY time, id',
            (measure, measure)).fetchall()
        return [self._run(*row) for row in rows]

    def _run(self, identity, time, commit, context):
        figures = [figure(*row) for row in self.connection.execute(
            'SELECT benchmark, measure, value, lower, upper, count FROM figure WHERE run = ?', (identity,))]
        return {'id': identity, 'time': time, 'commit': commit, 'context': json.loads(context),
                'figures': figures}

    def series(self, measure, matches=lambda name: True, same=('cpu', 'target')):
        """{(benchmark, machine): [(time, commit, value)]} by time; machine: what `same` names of the context,
        since values of two machines are no series."""
        result = {}
        for run in self.runs(measure):
            machine = ', '.join(str(run['context'].get(key, 'unknown')) for key in same)
            for f in run['figures']:
                if f['measure'] == measure and matches(f['benchmark']):
                    result.setdefault((f['benchmark'], machine), []).append(
                        (run['time'], run['commit'], f['value']))
        return result

    def read_lines(self, path):
        """How many runs were new."""
        if not os.path.exists(path):
            return 0
        with open(path, encoding='utf-8') as file:
            return sum(self.add(run_of_line(line)) for line in file if line.strip())

    def write_lines(self, path):
        """Every run as a line, oldest first; the file is replaced whole."""
        runs = self.runs()
        temporary = f'{path}.new'
        with open(temporary, 'w', encoding='utf-8') as file:
            for run in runs:
                file.write(line_of(run) + '\n')
        os.replace(temporary, path)
        return len(runs)
