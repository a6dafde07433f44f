#!/usr/bin/python3
"""picture_pages.py PROGRAM [FOLDER]: makes the pictures of pages that the README shows, page_right.png and
page_broken.png, in docs/images or FOLDER. Takes a minute. Needs Debian's chromium, chromium-driver,
python3-selenium and python3-pil.
"""
import base64
import io
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTH, COLOURS = 1040, 256  # so many keep the files small
CHECKS = {
    # name: (arguments, which element stands at the top, height)
    'page_right': (['optimized', '--seconds', '40'], 'header', 1330),
    'page_broken': (['fault:dbf_from_dzi', '--cell', 'lstm', '--cases', '10'], 'main h3', 1330),
}


def taken(browser, page, top, height):
    browser.get(page.as_uri())
    y = browser.execute_script('return document.querySelector(arguments[0]).getBoundingClientRect().top', top)
    picture = browser.execute_cdp_cmd('Page.captureScreenshot', {
        'captureBeyondViewport': True,
        'clip': {'x': 0, 'y': max(0, y - 12), 'width': WIDTH, 'height': height, 'scale': 1}})
    return Image.open(io.BytesIO(base64.b64decode(picture['data']))).convert('RGB')


def main():
    program = sys.argv[1]
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / 'docs/images'
    options = Options()
    options.binary_location = '/usr/bin/chromium'
    for argument in ('headless=new', 'no-sandbox', 'disable-gpu', 'hide-scrollbars', 'no-first-run'):
        options.add_argument(f'--{argument}')
    browser = webdriver.Chrome(service=Service('/usr/bin/chromedriver'), options=options)
    browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride',
                            {'width': WIDTH, 'height': 900, 'deviceScaleFactor': 1, 'mobile': False})
    with tempfile.TemporaryDirectory() as scratch:
        for name, (arguments, top, height) in CHECKS.items():
            page = pathlib.Path(scratch) / f'{name}.html'
            subprocess.run([program, 'check', *arguments, '--html', page], check=False,
                           stdout=subprocess.DEVNULL)
            file = folder / f'{name}.png'
            taken(browser, page, top, height).quantize(COLOURS).save(file, optimize=True)
            print(f'{file}: {file.stat().st_size // 1000} kB')
    browser.quit()


if __name__ == '__main__':
    main()
