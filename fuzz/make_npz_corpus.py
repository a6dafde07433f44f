"""Makes the seeds in corpus/npz: small files, valid and not, that each take another path.
Run with /usr/bin/python3, the interpreter that has Debian's NumPy.
"""
import io
import math
import pathlib
import struct
import warnings
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
        archive.writestr(zipfile.ZipInfo("x.npy"), npy(x32))
    return file.bytes


def zipped(entries, method=zipfile.ZIP_STORED):
    """An archive of (name, content), in the order given."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as archive:
        warnings.simplefilter("ignore")  # of two names that are alike
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return file.getvalue()


def changed(archive, offset_local, offset_central, value):
    """The archive of one entry with some bytes of its two headers replaced."""
    result = bytearray(archive)
    for signature, offset in ((b"PK\3\4", offset_local), (b"PK\1\2", offset_central)):
        at = archive.index(signature) + offset
        result[at:at + len(value)] = value
    return bytes(result)


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
    # Names of arrays, and values to be written as f32.
    "no_file_and_no_name": b"",
    "a_name_with_a_tab": b"a\tb",
    "a_name_with_a_high_byte": b"a\xff",
    "a_long_name": b"~",
    "the_longest_name": b"~~",
    "too_long_a_name": b"~~~",
    **{f"f32_{name}": struct.pack("<d", value) for name, value in {
        "infinity": math.inf, "largest": (2 - 2**-23) * 2.0**127, "above_the_largest": 2.0**128,
        "one_third": 1 / 3, "smallest": 2.0**-149, "half_the_smallest": 2.0**-150}.items()},
    # Each refused for another reason, in words.
    "unknown_key.npy": npy_with_header(b"{'description': '<f4'}"),
    "repeated_key.npy": npy_with_header(b"{'descr': '<f4', 'descr': '<f4'}"),
    "no_colon.npy": npy_with_header(b"{'descr' '<f4'}"),
    "no_end.npy": npy_with_header(b"{'descr': '<f4', 'fortran_order': False"),
    "no_shape.npy": npy_with_header(b"{'descr': '<f4', 'fortran_order': False}"),
    "after_the_end.npy": npy_with_header(b"{'descr': '<f4'} 7"),
    "structured.npy": npy_with_header(b"{'descr': [('x', '<f4')], 'fortran_order': False}"),
    "no_byte_order.npy": npy_with_header(
        b"{'descr': 'f4', 'fortran_order': False, 'shape': (1,)}", bytes(4)),
    "rank_5.npy": npy_with_header(
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1)}", bytes(4)),
    "number_for_a_shape.npy": npy_with_header(
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (5)}", bytes(20)),
    "octal_extent.npy": npy_with_header(
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (05,)}", bytes(20)),
    "huge_extent.npy": npy_with_header(
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
    "neither_true_nor_false.npy": npy_with_header(b"{'fortran_order': None}"),
    "version_9.npy": npy_with_header(b"{}", version=b"\x09\x00"),
    "short_fixed_part.npy": b"\x93NUMPY\x02\x00\x01",
    "long_header.npy": npy_with_header(b"{}")[:-2],
    "short_data.npy": npy(x32)[:-4],
    "not_printable.npz": zipped([("x\x01.npy", npy(x32))]),
    "no_array.npz": zipped([("x.txt", b"text")]),
    "name_of_a_suffix.npz": zipped([(".npy", npy(x32))]),
    "two_of_a_name.npz": zipped([("x.npy", npy(x32)), ("x.npy", npy(x32))]),
    "wrong_dtype.npz": zipped([("x.npy", npy(np.arange(2)))]),
    "bzip2.npz": zipped([("x.npy", npy(x32))], zipfile.ZIP_BZIP2),
    "encrypted.npz": changed(zipped([("x.npy", npy(x32))]), 6, 8, b"\x01\x00"),
    "wrong_checksum.npz": changed(zipped([("x.npy", npy(x32))]), 14, 16, b"\x01\x02\x03\x04"),
    "damaged_deflate.npz": changed(
        zipped([("x.npy", npy(x32))], zipfile.ZIP_DEFLATED), 30 + 5, 12, b"\xff\xff"),
    "promises_more.npz": changed(
        zipped([("x.npy", npy(x32))], zipfile.ZIP_DEFLATED), 22, 24, b"\xff\x01\x00\x00"),
    "promises_less.npz": changed(
        zipped([("x.npy", npy(x32))], zipfile.ZIP_DEFLATED), 22, 24, b"\x05\x00\x00\x00"),
    "unpacks_to_too_much.npz": changed(
        zipped([("x.npy", npy(x32))], zipfile.ZIP_DEFLATED), 22, 24, b"\xff\xff\xff\x7f"),
}
for name, content in seeds.items():
    (FOLDER / name).write_bytes(content)
