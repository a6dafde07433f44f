"""Files that survive a kill at any moment: written whole, on the disk before they are spoken of.

A name that is the SHA-1 of the content, as libFuzzer gives it, tells a whole file from a torn one.
"""
import ctypes
import errno
import hashlib
import json
import os

RENAME_EXCHANGE = 2
AT_FDCWD = -100


def sync_folder(folder):
    """What was renamed into the folder stays there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path, content):
    """The file has its old content or all of the new one."""
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    scratch = f'{path}.{os.getpid()}.part'
    with open(scratch, 'wb') as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(scratch, path)
    sync_folder(folder)


def read_bytes(path):
    with open(path, 'rb') as file:
        return file.read()


def content_hash(content):
    return hashlib.sha1(content).hexdigest()


def is_whole(path, name=None):
    """Whether the file is the one that its name, or `name`, promises."""
    try:
        return content_hash(read_bytes(path)) == (name or os.path.basename(path))
    except FileNotFoundError:
        return False


def move_in(path, folder):
    """Moves a whole file into a folder under its own name, and onto the disk. False if it is gone:
    libFuzzer removes an input when it has written a smaller one with the same features."""
    try:
        sync_file(path)
        os.replace(path, os.path.join(folder, os.path.basename(path)))
    except FileNotFoundError:
        return False
    return True


def exchange(first, second):
    """Swaps two folders in one step. Raises OSError where the file system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(first), AT_FDCWD, os.fsencode(second),
                      RENAME_EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f'cannot swap {first} and {second}: {os.strerror(number)}')
    sync_folder(os.path.dirname(first))


def cannot_exchange(error):
    return error.errno in (errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.ENOTSUP)


class Journal:
    """JSON, one record a line, appended and on the disk when `append` returns."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b'\n':
            os.write(self._descriptor, b'\n')  # the last writer was killed within a line

    def append(self, record):
        line = (json.dumps(record) + '\n').encode()
        while line:
            line = line[os.write(self._descriptor, line):]
        os.fsync(self._descriptor)

    def close(self):
        os.close(self._descriptor)


def read_journal(path):
    """All records; a line that a kill tore is none."""
    records = []
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            for line in file:
                try:
                    records.append(json.loads(line))
                except ValueError:
                    pass
    except FileNotFoundError:
        pass
    return records
