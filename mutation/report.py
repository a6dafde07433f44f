"""The page docs/mutation.md, from results and explanations."""
import collections

from results import STATES, count_states, score, state_of

HEAD = '''# Mutation testing

`./dev mutate` puts small faults into `reference/`, `optimized/` and the walk of `cells/`, one at a time, and runs the suite
on each. A fault that no check sees is a hole in the suite, or no fault. This page is written by
`./dev mutate --write`; explanations stand in `mutation/explained.json`.

A mutant's name is file:line:operator:number, the number counted among those of one operator on one
line. All mutants of the tree are compiled in at once, each behind a switch that is read from the
environment; a mutant is then one process. They are compiled for AVX2 alone, without `NDEBUG`. What
survives is put to the unit tests once more under the address sanitizer, unless `--quick` says not to.

| operator | what it does |
|---|---|
| arithmetic | + for -, - for +, + for \\*, \\* for /, / for % |
| comparison | < for <=, > for >=, != for ==, and the other way round |
| logic, condition, sign | or for and, a negated condition, a dropped ! or - |
| constant | a whole number one larger; a named constant of tanh or sigmoid a thousandth larger |
| name | another array, gate, extent, index or pointer of the same type |
| arguments | two arguments of a call, or two indices, exchanged |
| function, call | min for max, tanh for sigmoid, Sub for Add, ..; a function left out |
| assignment | -= or = for += |
| statement | an assignment, a call, a `continue`, a `throw` left out |

*Killed*: a property, a test or an assertion failed, or the program crashed. *Timed out* counts as
killed. *Equivalent*: no result differs, so that no check can see it. *Speed only*: results differ in
nothing that is promised; time or memory do. *Score*: killed, of those that are not equivalent, not
for speed alone and compile.

Left out: what is `constexpr` or a template argument, checks of shapes, messages of errors, branches
that this compiler does not take, threads and barriers.
'''


def _percent(counts):
    value = score(counts)
    return '-' if value is None else f'{value:.1f} %'


def _table(title, groups):
    lines = [f'| {title} | mutants | ' + ' | '.join(STATES) + ' | score |',
             '|---|' + '---:|' * (len(STATES) + 2)]
    for name, counts in groups:
        lines.append(f'| {name} | {sum(counts.values())} | ' +
                     ' | '.join(str(counts[state]) for state in STATES) + f' | {_percent(counts)} |')
    return '\n'.join(lines)


def _groups(rows, explanations, key):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return [(name, count_states(group, explanations)) for name, group in sorted(groups.items())]


def file_of(row):
    return row['id'].split(':')[0]


def folder_of(row):
    return file_of(row).rsplit('/', 1)[0] + '/'


def operator_of(row):
    return row['id'].split(':')[2]


def killers(rows):
    """[(killer, of how many mutants, of how many alone)], most first."""
    total, alone = collections.Counter(), collections.Counter()
    for row in rows:
        if row['state'] not in ('killed', 'timed out'):
            continue
        names = {'timed out'} if row['state'] == 'timed out' else set(row['by'])
        total.update(names)
        if len(names) == 1:
            alone.update(names)
    return sorted(((name, total[name], alone[name]) for name in total),
                  key=lambda row: (-row[1], row[0]))


def page(rows, total, explanations, most_killers=25):
    """rows: results; total: how many mutants the tree has."""
    rows = sorted(rows, key=lambda row: row['id'])
    everything = count_states(rows, explanations)
    parts = [HEAD, f'''## Figures

{len(rows)} of {total} mutants, a sample that is always the same. Score: {_percent(everything)}.
''', _table('folder', _groups(rows, explanations, folder_of) + [('all', everything)]), '',
             _table('operator', _groups(rows, explanations, operator_of)), '',
             _table('file', _groups(rows, explanations, file_of)), '', '''## What kills them

In the stage that killed a mutant, every property or test that failed is counted; stages are run one
after another and the first that fails ends it, so that what stands in the first ones has more.
*alone*: nothing else failed in that stage.

| property or test | mutants | alone |
|---|---:|---:|''']
    all_killers = killers(rows)
    parts += [f'| {name} | {count} | {single} |' for name, count, single in all_killers[:most_killers]]
    if len(all_killers) > most_killers:
        parts.append(f'\nand {len(all_killers) - most_killers} more.')
    stages = collections.Counter(row['stage'] for row in rows if row.get('stage'))
    parts += ['', '| stage | killed |', '|---|---:|']
    parts += [f'| {name} | {count} |' for name, count in stages.most_common()]
    quick = sum(row['state'] == 'survived' and 'sanitized' not in row.get('builds', []) for row in rows)
    parts += ['', '## Survivors', '']
    if quick:
        parts += [f'{quick} of those that survived, explained or not, were not put to the sanitizer.', '']
    survivors = [row for row in rows if state_of(row, explanations) == 'survived']
    parts += [f'- `{row["id"]}`: `{row["original"]}` -> `{row["mutated"]}`' for row in survivors]
    if not survivors:
        parts.append('None without an explanation.')
    for title, kind in (('Equivalent', 'equivalent'), ('Speed only', 'speed only')):
        parts += ['', f'## {title}', '']
        for entry in explanations.entries:
            mine = [row for row in rows if row['id'] in {m[0] for m in entry['mutants']}
                    and state_of(row, explanations) == kind]
            if mine and entry['class'] == kind:
                parts.append(f'- {entry["why"]}')
                parts += [f'  - `{row["id"]}`: `{row["original"]}` -> `{row["mutated"]}`' for row in mine]
    return '\n'.join(parts) + '\n'
