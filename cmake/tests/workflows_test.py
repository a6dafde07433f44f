#!/usr/bin/python3
"""workflows_test.py ROOT PROGRAM LIBRARY WRONG_LIBRARY: the workflows and the action are well formed, call
what is there, and the action's steps, run as shell, check a library and write the job's page. Nothing of
GitHub's is here: what its own actions do is not tested. Ends with status 77, for which ctest says skipped,
if PyYAML is missing."""
import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
except ImportError:
    print('PyYAML is missing: apt-get install python3-yaml')
    sys.exit(77)

ROOT, PROGRAM, LIBRARY, WRONG_LIBRARY = sys.argv[1:5]
del sys.argv[1:5]


def document(*parts):
    with open(os.path.join(ROOT, *parts), encoding='utf-8') as file:
        return yaml.safe_load(file)


def workflows():
    for path in sorted(glob.glob(os.path.join(ROOT, '.github', 'workflows', '*.yml'))):
        yield os.path.basename(path), document(path)


def steps():
    for name, workflow in workflows():
        for job in workflow['jobs'].values():
            for step in job['steps']:
                yield name, step
    for step in document('action.yml')['runs']['steps']:
        yield 'action.yml', step


def filled_in(text, inputs):
    """What ${{ inputs.name }} stands for."""
    return re.sub(r'\$\{\{ inputs\.(\w+) \}\}', lambda match: inputs[match[1]], text)


class Workflows(unittest.TestCase):
    def test_every_job_runs_somewhere_and_ends_at_some_time(self):
        for name, workflow in workflows():
            self.assertTrue(workflow['name'], name)
            self.assertIn(True, workflow, f'{name}: no "on"')  # YAML 1.1 reads on as a truth
            self.assertIn('permissions', workflow, name)
            for job in workflow['jobs'].values():
                self.assertIn('runs-on', job, name)
                self.assertIn('timeout-minutes', job, name)

    def test_every_step_runs_what_is_there(self):
        # `track` may be of a tree that does not have it yet: then its job fails, and nothing else.
        with open(os.path.join(ROOT, 'dev'), encoding='utf-8') as file:
            commands = re.search(r'^commands=\((.*)\)$', file.read(), re.MULTILINE)[1].split()
        called = set()
        for name, step in steps():
            self.assertEqual(('run' in step) + ('uses' in step), 1, f'{name}: {step}')
            for command in re.findall(r'\./dev (\w+)', step.get('run', '')):
                self.assertIn(command, commands, name)
                called.add(command)
            for path in re.findall(r'(?:^|ACTION_PATH/)(\.(?:ci|github)/[\w./]+)', step.get('run', '')):
                self.assertTrue(os.access(os.path.join(ROOT, path), os.X_OK), f'{name}: {path}')
            if not step.get('uses', './').startswith('./'):
                self.assertRegex(step['uses'], r'@v\d+$', f'{name}: whatever is newest')
        self.assertLessEqual({'test', 'fuzz', 'track', 'package'}, called)

    def test_what_is_released_was_tried_before(self):
        runs = [step.get('run', '') for step in document('.github', 'workflows', 'release.yml')['jobs']['release']['steps']]
        tried = next(k for k, run in enumerate(runs) if './dev package --test' in run)
        published = next(k for k, run in enumerate(runs) if 'gh release create' in run)
        self.assertLess(tried, published)

    def test_the_job_for_kubernetes_has_as_many_parts_as_it_says(self):
        job = document('examples', 'scale', 'kubernetes.yaml')['spec']
        self.assertEqual(job['completionMode'], 'Indexed')
        command = job['template']['spec']['containers'][0]['args'][0]
        self.assertIn(f"$((JOB_COMPLETION_INDEX + 1)) {job['completions']} ", command)


class Action(unittest.TestCase):
    def run_step(self, name, folder, **given):
        """A step of the action, as its shell would run it. Returns its process and the job's page."""
        action = document('action.yml')
        inputs = {key: value.get('default') for key, value in action['inputs'].items()} | given
        step = next(s for s in action['runs']['steps'] if s.get('id') == name)
        page, output = os.path.join(folder, 'page.md'), os.path.join(folder, 'output')
        env = os.environ | {'GITHUB_ACTION_PATH': ROOT, 'GITHUB_STEP_SUMMARY': page,
                            'GITHUB_OUTPUT': output, 'RUNNER_TEMP': folder, 'BPTT_VERIFY': PROGRAM}
        env |= {key: filled_in(value, inputs) for key, value in step.get('env', {}).items()}
        process = subprocess.run(['bash', '-e', '-c', step['run']], env=env, capture_output=True,
                                 text=True, cwd=folder, check=False)
        texts = []
        for path in (page, output):
            texts.append(open(path, encoding='utf-8').read() if os.path.exists(path) else '')
        return process, *texts

    options = '--cases 3 --max-size 3 --diagnosis-seconds 0 --call-timeout 1000'

    def test_shows_on_the_page_that_nothing_is_broken(self):
        with tempfile.TemporaryDirectory() as folder:
            process, page, output = self.run_step('check', folder, subject=LIBRARY, seconds='100000',
                                                  options=self.options)
            self.assertEqual(process.returncode, 0, process.stderr)
            self.assertIn(': nothing broken\n', page)
            self.assertIn('| family |', page)
            report = re.match(r'report=(.*)\n', output)[1]
            self.assertTrue(os.path.exists(report))

    def test_shows_the_line_that_repeats_what_is_broken_and_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            process, page, _ = self.run_step('check', folder, subject=WRONG_LIBRARY, seconds='100000',
                                             options=self.options)
            self.assertEqual(process.returncode, 1, process.stderr)
            self.assertIn(': BROKEN, ', page)
            self.assertIn('\nbptt-verify replay ', page)

    def test_fails_where_there_is_nothing_to_check(self):
        with tempfile.TemporaryDirectory() as folder:
            process, page, _ = self.run_step('check', folder, subject='./absent.so')
            self.assertEqual(process.returncode, 2)
            self.assertIn('absent.so', process.stderr)
            self.assertEqual(page, '')

    def test_names_the_cache_by_the_source(self):
        with tempfile.TemporaryDirectory() as folder:
            process, _, output = self.run_step('program', folder)
            self.assertEqual(process.returncode, 0, process.stderr)
            self.assertRegex(output, r"^key=bptt-verify-\w+-[\w.]+-[0-9a-f]{64}\n$")


if __name__ == '__main__':
    unittest.main()
