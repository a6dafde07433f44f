"""Makes the seeds in corpus/npz: small files, valid and not, that each take another path."""
import io
import pathlib
import zipfile

import numpy as np

FOLDER = pathlib.Path(__file__).parent / "corpus" / "npz"
FOLDER.mkdir(parents=True, exist_ok=True)


def npy(array, version=(1, 0)):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), version=version)
    return file.getvalue()


def npy_with_header(dictionary, data=b"", version=b"\x01\x00"):
    return b"\x93NUMPY" + version + len(dictionary).to_bytes(2, "little") + dictionary + data


def npz(save, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


class Unseekable(io.RawIOBase):
    """Makes zipfile write sizes after the data instead of before it."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, more):
        self.bytes += bytes(more)
        return len(more)


def streamed_npz():
    file = Unseekable()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", npy(x32))
    return file.bytes


x = np.arange(6.0).reshape(2, 3)
x32 = x.astype("<f4")
stored = npz(np.savez, x=x32)
seeds = {
    "c_f64.npy": npy(x),
    "fortran_f32.npy": npy(np.asfortranarray(x32)),
    "big_endian_f32.npy": npy(x.astype(">f4")),
    "rank_0.npy": npy(np.float64(np.nan)),
    "rank_4_version_2.npy": npy(np.zeros((1, 2, 1, 2), "<f4"), (2, 0)),
    "empty_version_3.npy": npy(np.zeros((0, 3)), (3, 0)),
    "python_2.npy": npy_with_header(
        b"{'shape': (1L,), 'descr': '<f4', 'fortran_order': False}", bytes(4)),
    "integers.npy": npy(np.arange(2)),
    "negative_extent.npy": npy_with_header(
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2)}", bytes(16)),
    "product_overflow.npy": npy_with_header(
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"),
    "stored.npz": stored,
    "deflated.npz": npz(np.savez_compressed, x=x32, ba=np.zeros((50, 1))),
    "no_arrays.npz": npz(np.savez),
    "streamed.npz": streamed_npz(),
    "truncated.npz": stored[:-30],
}
for name, content in seeds.items():
    (FOLDER / name).write_bytes(content)
