#!/usr/bin/python3
"""seed_corpus.py ZIP FOLDER...: all files of the folders in one archive, named by the SHA-1 of
their content, as OSS-Fuzz wants seeds. A folder that is not there has none; without any file at all
it fails."""
import hashlib
import os
import sys
import zipfile


def main(path, *folders):
    contents = set()
    for folder in folders:
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), 'rb') as file:
                contents.add(file.read())
    if not contents:
        sys.exit(f'seed_corpus.py: no file in {" ".join(folders)}')
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for content in sorted(contents):
            archive.writestr(zipfile.ZipInfo(hashlib.sha1(content).hexdigest()), content)


if __name__ == '__main__':
    main(*sys.argv[1:])
