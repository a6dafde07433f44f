"""What people and machines see of a campaign: a status line on a terminal, plain lines elsewhere,
and fuzz/campaign/status.jsonl. A record is on the disk before its line is printed.

Records have `time` (seconds since 1970) and `event`:
  start      targets, jobs, seconds (null: until interrupted), seconds_each
  corpus     target, added: names in fuzz/campaign/corpus/TARGET, on the disk
  minimised  target, before, after, removed: names whose features those that stay have too
  slice      target, flavour (explore or check), seconds and cpu_seconds of all processes together,
             executions, executions_per_second of one process, cov, ft,
             new_features (more than in any slice of this flavour before), corpus, worst (error /
             bound so far; null if the target does not say), crashes (so far), seconds_left
  crash      target, key, kind, regression, replay, test; input: SHA-1 of the bytes that were found,
             which leave the corpus if they were in it; new: false if it was told before
  note       target, text: what could not be done
  end        status, crashes
"""
import os
import sys
import threading
import time


def duration(seconds):
    if seconds is None:
        return '-'
    seconds = max(0, int(seconds))
    if seconds < 3600:
        return f'{seconds // 60}:{seconds % 60:02}'
    return f'{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}'


def number(value):
    return '-' if value is None else f'{value:.3g}'


HEADER = (f'{"target":24} {"build":8} {"exec/s":>8} {"cov":>7} {"ft":>7} {"new ft":>7} {"corpus":>7} '
          f'{"err/bound":>9} {"crashes":>7} {"left":>8}')


def columns(r):
    return (f'{r["target"]:24} {r["flavour"]:8} {r["executions_per_second"]:8.0f} {r["cov"]:7} '
            f'{r["ft"]:7} {r["new_features"]:7} {r["corpus"]:7} {number(r["worst"]):>9} '
            f'{r["crashes"]:7} {duration(r["seconds_left"]):>8}')


class Progress:
    def __init__(self, journal, stream=None):
        self._journal = journal
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        colour = self._terminal and not os.environ.get('NO_COLOR')
        self._red, self._plain = ('\x1b[31m', '\x1b[0m') if colour else ('', '')
        self._lock = threading.Lock()
        self._status = {}  # target -> the line of a run that goes on

    def record(self, event, **fields):
        with self._lock:
            self._journal.append({'time': round(time.time(), 3), 'event': event, **fields})

    def _line(self, text):
        with self._lock:
            clear = '\r\x1b[K' if self._terminal else ''
            self._stream.write(f'{clear}{text}\n')
            self._stream.flush()

    def start(self, **fields):
        self.record('start', **fields)
        self._line(HEADER)

    def running(self, record):
        """The status line: of all targets that run now, the one that spoke last."""
        if self._terminal:
            with self._lock:
                self._stream.write(f'\r\x1b[K{columns(record)} ..')
                self._stream.flush()

    def slice(self, record):
        self.record('slice', **record)
        self._line(columns(record))

    def corpus(self, target, added):
        self.record('corpus', target=target, added=added)

    def minimised(self, target, before, after, removed):
        self.record('minimised', target=target, before=before, after=after, removed=removed)
        self._line(f'{target}: corpus of {before} minimised to {after}')

    def note(self, target, text):
        self.record('note', target=target, text=text)
        self._line(f'{target}: {text}')

    def crash(self, crash, found, new, known):
        self.record('crash', target=crash.target, key=crash.key, kind=crash.kind, input=found,
                    regression=crash.regression, replay=crash.replay, test=crash.test, new=new)
        if known and not new:
            return
        if not new:
            self._line(f'{self._red}known crash {crash.target}: {crash.key}{self._plain}, '
                       f'{crash.regression}')
            return
        self._line(f'{self._red}CRASH {crash.target}: {crash.key} ({crash.kind}){self._plain}\n'
                   f'  {crash.replay}\n'
                   f'  bytes: {crash.regression}\n'
                   f'  GoogleTest: {crash.test}')
        with open(crash.test, encoding='utf-8') as file:
            self._line(''.join(f'    {line}' for line in file).rstrip())

    def end(self, status, crashes, text):
        self.record('end', status=status, crashes=crashes)
        self._line(text)
