#!/usr/bin/python3
"""seed_corpus.py ZIP SEEDS REGRESSIONS: all files of both folders in one archive, named by the SHA-1 of
their content, as OSS-Fuzz wants seeds. A target may have no regressions; without seeds it fails."""
import hashlib
import os
import sys
import zipfile


def contents_of(folder):
    contents = set()
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        with open(os.path.join(folder, name), 'rb') as file:
            contents.add(file.read())
    return contents


def main(path, seeds, regressions):
    contents = contents_of(seeds)
    if not contents:
        sys.exit(f'seed_corpus.py: no file in {seeds}')
    contents |= contents_of(regressions)
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for content in sorted(contents):
            archive.writestr(zipfile.ZipInfo(hashlib.sha1(content).hexdigest()), content)


if __name__ == '__main__':
    main(*sys.argv[1:])
