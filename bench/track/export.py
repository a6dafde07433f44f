"""The last run, or the history, as other trackers read it."""
import json
import math

from history import line_of

#: Measures of which less is better; every measure here is one.
UNIT_OF = {'seconds': 's', 'instructions': 'instructions', 'workspace_bytes': 'bytes',
           'multiply_adds': 'operations', 'waits': 'waits', 'allocations': 'allocations',
           'median_sigma': 'sigma', 'largest_sigma': 'sigma', 'median_ulp': 'ULP', 'largest_ulp': 'ULP',
           'accused': 'entries'}


def google_benchmark(runs):
    """Of the last run: its times, as benchmark's own JSON; for compare.py."""
    run = runs[-1]
    context = {'date': run['time'], 'commit': run['commit'], **run['context']}
    rows = [{'name': f['benchmark'], 'run_name': f['benchmark'], 'run_type': 'iteration',
             'repetitions': f['count'] or 1, 'repetition_index': 0, 'threads': 1, 'iterations': 1,
             'real_time': f['value'] * 1e9, 'cpu_time': f['value'] * 1e9, 'time_unit': 'ns'}
            for f in run['figures'] if f['measure'] == 'seconds']
    return json.dumps({'context': context, 'benchmarks': rows}, indent=1) + '\n'


def bencher(runs):
    """Bencher's metric format: {benchmark: {measure: {value, lower_value, upper_value}}}."""
    result = {}
    for f in runs[-1]['figures']:
        metric = {'value': f['value']}
        if f['lower'] is not None:
            metric.update(lower_value=f['lower'], upper_value=f['upper'])
        result.setdefault(f['benchmark'], {})[f['measure']] = metric
    return json.dumps(result, indent=1) + '\n'


def github_action_benchmark(runs):
    """customSmallerIsBetter of benchmark-action/github-action-benchmark."""
    rows = []
    for f in runs[-1]['figures']:
        row = {'name': f'{f["benchmark"]} {f["measure"]}', 'unit': UNIT_OF[f['measure']], 'value': f['value']}
        if f['lower'] is not None:
            row['range'] = f'{f["lower"]:.4g} .. {f["upper"]:.4g}'
        rows.append({**row, 'extra': f'commit {runs[-1]["commit"]}'})
    return json.dumps(rows, indent=1) + '\n'


def otava(runs):
    """Apache Otava's JSON: of each run {timestamp, metrics, attributes}."""
    return json.dumps([{'timestamp': run['time'],
                        'metrics': [{'name': f'{f["benchmark"]} {f["measure"]}', 'value': f['value'],
                                     'unit': UNIT_OF[f['measure']]} for f in run['figures']
                                    if math.isfinite(f['value'])],
                        'attributes': {'commit': run['commit'], 'cpu': run['context'].get('cpu', 'unknown')}}
                       for run in runs], indent=1) + '\n'


def jsonl(runs):
    """The history's own lines, one a run: for git."""
    return ''.join(line_of(run) + '\n' for run in runs)


FORMATS = {'jsonl': jsonl, 'google-benchmark': google_benchmark, 'bencher': bencher,
           'github-action-benchmark': github_action_benchmark, 'otava': otava}
