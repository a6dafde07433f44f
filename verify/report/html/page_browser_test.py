#!/usr/bin/python3
"""page_browser_test.py PROGRAM SOURCE SCRATCH: the pages in a browser: nothing on its console, nothing
fetched, every picture drawn with as many marks as the document has, everything within reach of the
keyboard, no page wider than a telephone, nothing hostile run.

Exit status 77, which is skipped, without Debian's chromium, chromium-driver and python3-selenium.
"""
import json
import pathlib
import shutil
import sys
import unittest

sys.dont_write_bytecode = True
import pages_for_tests as pages  # noqa: E402

try:
    from selenium import webdriver
    from selenium.common.exceptions import SessionNotCreatedException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.remote.remote_connection import RemoteConnection
except ImportError:
    webdriver = None

BROWSER, DRIVER = shutil.which('chromium'), shutil.which('chromedriver')
PHONE, DESK = 375, 1280

# What can be used: links, buttons, foldable parts, and frames that the page itself made reachable.
USABLE = """
const seen = element => element.checkVisibility() && element.getClientRects().length > 0;
return [...document.querySelectorAll('a[href], button, summary, [tabindex="0"]')].filter(seen);
"""
FOCUSED = """
const element = document.activeElement;
const style = getComputedStyle(element);
return [element, element.matches(':focus-visible') && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
"""


def start():
    """A browser. One that could not start in time, on a busy machine, is started again."""
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    options = Options()
    options.binary_location = BROWSER
    for argument in ('headless=new', 'no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run',
                     'disable-background-networking', 'disable-component-update', 'disable-sync',
                     'disable-dev-shm-usage'):
        options.add_argument(f'--{argument}')
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
    no_limit = 1e5  # seconds; ctest has one
    RemoteConnection.set_timeout(no_limit)
    while True:
        try:
            browser = webdriver.Chrome(service=Service(DRIVER), options=options)
            break
        except SessionNotCreatedException as error:
            if not any(word in str(error).lower() for word in ('timed out', 'timeout')):
                raise
    browser.set_page_load_timeout(no_limit)
    browser.set_script_timeout(no_limit)
    return browser


class InABrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        program, source, scratch = sys.argv[1:4]
        cls.made = pages.make(program, source, scratch)
        cls.browser = start()

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def open(self, name, width=DESK, scheme='light', media='screen'):
        send = self.browser.execute_cdp_cmd
        send('Emulation.setDeviceMetricsOverride',
             {'width': width, 'height': 900, 'deviceScaleFactor': 1, 'mobile': width == PHONE})
        send('Emulation.setEmulatedMedia',
             {'media': media, 'features': [{'name': 'prefers-color-scheme', 'value': scheme}]})
        for log in ('browser', 'performance'):
            self.browser.get_log(log)
        page, files = self.made[name]
        self.browser.get(pathlib.Path(page).resolve().as_uri())
        return pages.documents(files)

    def js(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def unfold(self):
        self.js("document.querySelectorAll('details').forEach(part => { part.open = true; })")

    def test_nothing_on_the_console_and_nothing_fetched(self):
        for name in self.made:
            with self.subTest(page=name):
                self.open(name)
                self.unfold()
                self.assertEqual(self.browser.get_log('browser'), [])
                asked = [message['params']['request']['url'] for message in (
                    json.loads(entry['message'])['message']
                    for entry in self.browser.get_log('performance'))
                    if message['method'] == 'Network.requestWillBeSent']
                here = pathlib.Path(self.made[name][0]).resolve().as_uri()
                self.assertEqual([url for url in asked if not url.startswith('data:')], [here])

    def test_nothing_hostile_is_run(self):
        self.open('hostile')
        self.assertIsNone(self.js('return window.escaped ?? null'))
        self.assertEqual(self.js("return document.querySelectorAll('main img').length"), 0)

    def test_every_picture_is_drawn_and_described(self):
        for name in self.made:
            for width in (DESK, PHONE):
                with self.subTest(page=name, width=width):
                    self.open(name, width)
                    self.assertEqual(self.js("return document.querySelectorAll('.without').length"), 0)
                    bare = """return [...document.querySelectorAll('figure')].filter(figure =>
                        figure.querySelectorAll('svg[role="img"][aria-label]').length === 0).length"""
                    self.assertEqual(self.js(bare), 0)
                    figures = self.js("return document.querySelectorAll('figure').length")
                    self.assertEqual(figures > 0, name not in ('shape', 'unjudged'))  # they have no numbers
                    undescribed = """return [...document.querySelectorAll('figure svg:not([aria-hidden])')]
                        .filter(svg => !svg.getAttribute('aria-label')).length"""
                    self.assertEqual(self.js(undescribed), 0)

    def test_pictures_have_the_figures_of_the_documents(self):
        _, matrix, scaling, bench, history = self.open('everything')
        count = lambda selector: self.js('return document.querySelectorAll(arguments[0]).length', selector)
        self.assertEqual(count('[data-picture="matrix"] rect:has(title)'),
                         sum(len(fault['kills']) for fault in matrix['faults']))
        points = [len(c['at']) for p in scaling['plots'] if p['against'] == 'T_x' for c in p['curves']]
        steps = {at for p in scaling['plots'] if p['against'] == 'T_x' for c in p['curves'] for at in c['at']}
        self.assertEqual(count('[data-picture="scaling"] title'), sum(points) + 2 * len(steps))
        shown = [n for n in bench['benchmarks'] if n.split('/')[4] == '1' and
                 n.split('/')[5] in ('optimized', 'onednn', 'torch', 'eigen')]
        self.assertEqual(count('[data-picture="speed"] title'), len(shown))
        self.assertEqual(count('[data-picture="history"] title'),
                         sum(len(series['points']) for series in history['series']))

        # Of the ratios every case is in a bar, or in the percentage before them.
        for report, figure in zip(self.open('broken')[0]['reports'],
                                  self.browser.find_elements(By.CSS_SELECTOR, '[data-picture="ratios"]')):
            titles = self.js("return [...arguments[0].querySelectorAll('rect title')].map(t => t.textContent)", figure)
            drawn = sum(int(title.split(': ')[1].split()[0]) for title in titles)
            self.assertEqual(drawn, sum(sum(row['ratio_counts'][1:]) for row in report['rows']))
            beyond = sum(int(t.split(': ')[1].split()[0]) for t in titles if 'beyond' in t)
            self.assertEqual(beyond, sum(row['ratio_counts'][-1] for row in report['rows']))
            self.assertGreater(beyond, 0)
            cells = report['diagnosis']['cells']
            for mark, kind in (('X', 'wrong'), ('.', 'right'), ('?', 'open')):
                self.assertEqual(count(f'.maps .{kind}'), sum(
                    line.count(mark) for c in cells for map in c['maps']['arrays'] for line in map['marks']))
            self.assertGreater(count('.maps .wrong'), 0)

    def test_no_page_is_wider_than_a_telephone(self):
        for name in self.made:
            for folded in (True, False):
                with self.subTest(page=name, folded=folded):
                    self.open(name, PHONE)
                    if not folded:
                        self.unfold()
                    self.assertLessEqual(self.js('return document.documentElement.scrollWidth'), PHONE)

    def test_keys_reach_everything_and_it_is_seen(self):
        for name in ('broken', 'everything'):
            for width in (DESK, PHONE):
                with self.subTest(page=name, width=width):
                    self.open(name, width)
                    wanted = self.js(USABLE)
                    self.assertGreater(len(wanted), 10)
                    reached = []
                    for _ in wanted:
                        self.browser.switch_to.active_element.send_keys(Keys.TAB)
                        element, visible = self.js(FOCUSED)
                        self.assertTrue(visible, element.get_attribute('outerHTML')[:200])
                        reached.append(element)
                    self.assertEqual(reached, wanted)

    def test_what_moves_can_be_reached(self):
        for name in self.made:
            with self.subTest(page=name):
                self.open(name, PHONE)
                self.unfold()
                moved = """return [...document.querySelectorAll('main *')].filter(element => {
                    const flow = getComputedStyle(element).overflowX;
                    return (flow === 'auto' || flow === 'scroll') && element.scrollWidth > element.clientWidth + 1 &&
                        element.clientWidth > 0 && element.tabIndex < 0; }).map(e => e.outerHTML.slice(0, 200))"""
                self.assertEqual(self.js(moved), [])

    def test_keys_fold_and_copy(self):
        document = self.open('broken')[0]
        summary = self.browser.find_element(By.CSS_SELECTOR, 'main summary')
        summary.send_keys(Keys.ENTER)
        self.assertTrue(self.js('return arguments[0].parentElement.open', summary))
        first = next(row for row in document['reports'][0]['rows'] if row['failures'])['failures'][0]
        button = self.browser.find_element(By.CSS_SELECTOR, 'ul.broken button.copy')
        self.browser.execute_cdp_cmd('Browser.grantPermissions',
                                     {'permissions': ['clipboardReadWrite', 'clipboardSanitizedWrite']})
        button.send_keys(Keys.ENTER)
        while button.text == 'Copy':
            pass
        self.assertEqual(button.text, 'Copied')
        copied = self.browser.execute_async_script(
            'const done = arguments[0]; navigator.clipboard.readText().then(done, error => done(`${error}`))')
        self.assertEqual(copied, first['replay'])

    def test_dark_and_light_are_both_readable(self):
        """Text stands out from what is behind it by 4.5 to 1, as WCAG asks for."""
        contrast = """
        const light = colour => {
          const part = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
          return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
        };
        const behind = element => {
          for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (!/, 0\\)$/.test(colour)) return colour;
          }
          return getComputedStyle(document.body).backgroundColor;
        };
        const faint = new Set();
        for (const element of document.querySelectorAll('body *:not(script)')) {
          const text = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
          if (!text || !element.checkVisibility() || element.closest('title')) continue;
          const drawn = element.closest('svg') !== null;
          const style = getComputedStyle(element);
          const colour = drawn ? style.fill : style.color;
          if (colour === 'none') continue;
          const [p, q] = [light(colour), light(behind(element))].sort((a, b) => b - a);
          const ratio = (p + 0.05) / (q + 0.05);
          if (ratio < 4.5) faint.add(`${ratio.toFixed(2)} ${colour} on ${behind(element)}: ${element.textContent.slice(0, 40)}`);
        }
        return [...faint];
        """
        for name in ('broken', 'everything'):
            for scheme in ('light', 'dark'):
                with self.subTest(page=name, scheme=scheme):
                    self.open(name, scheme=scheme)
                    self.unfold()
                    self.assertEqual(self.js(contrast), [])

    def test_paper_has_the_pictures_and_no_buttons(self):
        for name in ('broken', 'everything'):
            with self.subTest(page=name):
                self.open(name, media='print', width=700)
                self.assertEqual(self.js("return [...document.querySelectorAll('button')].filter(b => b.checkVisibility()).length"), 0)
                widths = self.js("""return [...document.querySelectorAll('svg[role="img"]')].filter(svg => svg.checkVisibility())
                    .map(svg => svg.getBoundingClientRect().width)""")
                self.assertGreater(min(widths), 200)
                self.assertLessEqual(max(widths), 700)
                self.assertLessEqual(self.js('return document.documentElement.scrollWidth'), 700)


if __name__ == '__main__':
    if webdriver is None or BROWSER is None or DRIVER is None:
        print('skipped: needs a browser; apt-get install chromium chromium-driver python3-selenium')
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
