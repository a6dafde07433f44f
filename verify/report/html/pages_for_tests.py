"""The pages that the tests of this folder look at, made by the program, and the documents of each."""
import html.parser
import json
import os
import shutil
import subprocess

FEW = ['--cases', '3', '--max-size', '6', '--jobs', '2']


def run(program, *arguments, status=0):
    """What it says on both streams."""
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    assert done.returncode == status, f'{arguments}: status {done.returncode}\n{done.stdout}'
    return done.stdout


def load(file):
    with open(file, encoding='utf-8') as text:
        return json.load(text)


def hostile(check):
    """A report whose texts try to get out of where they stand."""
    report = check['reports'][0]
    attempt = '</script><script>window.escaped = 1</script><img src=x onerror="window.escaped = 1">&amp; \u00e9'
    report['notes'] = [attempt]
    report['subject'] = f'./{attempt}.so'
    report['rows'][0]['sentence'] = f'"{attempt}'
    return check, attempt


def make(program, source, scratch):
    """{name: (page, [documents as files])}: of what is right, broken, of a wrong shape, not judged,
    hostile, and everything that a page can show."""
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    path = lambda name: os.path.join(scratch, name)
    run(program, 'check', 'optimized', 'reference', *FEW, '--json', path('right.json'), '--html',
        path('right.html'))
    run(program, 'check', 'fault:drop_da_prevt', *FEW, '--json', path('broken.json'), '--html',
        path('broken.html'), '--diagnosis-seconds', '100000', status=1)
    run(program, 'check', os.path.join(source, 'examples/foreign/course_wrong.py') + ':rnn_cell',
        '--cases', '1', '--property', 'reference|superposition', '--json', path('shape.json'), '--html',
        path('shape.html'), status=1)
    run(program, 'check', 'optimized', '--oracle-memory', '1000', '--cases', '1', '--property',
        '^equals_reference$', '--json', path('unjudged.json'), '--html', path('unjudged.html'), status=2)
    with open(path('hostile.json'), 'w', encoding='utf-8') as out:
        json.dump(hostile(load(path('right.json')))[0], out, ensure_ascii=False)
    run(program, 'report', '--html', path('hostile.html'), path('hostile.json'))
    everything = [path('right.json'), *(os.path.join(source, file) for file in (
        'docs/kill_matrix.json', 'docs/images/scaling.json', 'verify/report/html/test_data/bench.jsonl',
        'verify/report/html/test_data/history.json'))]
    run(program, 'report', '--html', path('everything.html'), *everything)
    return {name: (path(f'{name}.html'), [path(f'{name}.json')])
            for name in ('right', 'broken', 'shape', 'unjudged', 'hostile')} | {
                'everything': (path('everything.html'), everything)}


def documents(files):
    """Of lines of JSON the last."""
    read = []
    for file in files:
        with open(file, encoding='utf-8') as text:
            content = text.read()
        read.append(json.loads(content.splitlines()[-1] if file.endswith('.jsonl') else content))
    return read


class Page(html.parser.HTMLParser):
    """What a page says without its scripts: headings, tables and embedded documents."""

    def __init__(self, file):
        super().__init__()
        self.headings, self.tables, self.scripts, self.commands = [], [], [], []
        self.figures, self.text, self.verdict = 0, '', {}
        self._kind, self._cell, self._into = None, None, None
        with open(file, encoding='utf-8') as page:
            self.source = page.read()
        self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag in ('h1', 'h2', 'h3', 'h4', 'h5', 'h6'):
            self.headings.append([int(tag[1]), ''])
            self._into = 'heading'
        elif tag == 'header':
            self.verdict = attributes
        elif tag == 'table':
            self.tables.append({'caption': '', 'columns': [], 'rows': []})
        elif tag == 'caption':
            self._into = 'caption'
        elif tag == 'tr' and self.tables:
            self.tables[-1]['rows'].append({'name': attributes.get('data-row'), 'cells': []})
        elif tag in ('th', 'td'):
            self.tables[-1]['rows'][-1]['cells'].append({'text': '', 'value': attributes.get('data-value')})
            self._into = 'cell'
        elif tag == 'figure':
            self.figures += 1
        elif tag == 'script':
            self.scripts.append([attributes, ''])
            self._into = 'script'
        elif tag == 'style':
            self._into = 'style'
        elif tag == 'code':
            self.commands.append('')
            self._kind = 'code'

    def handle_endtag(self, tag):
        if tag == 'code':
            self._kind = None
        if tag in ('h1', 'h2', 'h3', 'h4', 'caption', 'th', 'td', 'script', 'style'):
            self._into = None
        if tag == 'thead':
            self.tables[-1]['columns'] = [cell['text'] for cell in self.tables[-1]['rows'].pop()['cells']]

    def handle_data(self, data):
        if self._kind == 'code':
            self.commands[-1] += data
        if self._into == 'heading':
            self.headings[-1][1] += data
        elif self._into == 'caption':
            self.tables[-1]['caption'] += data
        elif self._into == 'cell':
            self.tables[-1]['rows'][-1]['cells'][-1]['text'] += data
        elif self._into == 'script':
            self.scripts[-1][1] += data
        if self._into not in ('script', 'style'):
            self.text += data

    def named(self, caption):
        """The tables whose caption begins so, each as {row: {column: cell}}."""
        return [{row['name']: dict(zip(table['columns'], row['cells'])) for row in table['rows']}
                for table in self.tables if table['caption'].startswith(caption)]
