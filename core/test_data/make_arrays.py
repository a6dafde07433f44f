"""Makes the files beside it with NumPy, for core/npy_test.cpp and core/npz_test.cpp.

Element [i, j, k] is 100 i + 10 j + k + 0.5.
"""
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
i, j, k = np.indices((2, 3, 4))
x = 100.0 * i + 10.0 * j + k + 0.5

np.save(HERE / "c_order_f64.npy", x)
np.save(HERE / "fortran_order_big_endian_f32.npy", np.asfortranarray(x.astype(">f4")))
arrays = {"in.x": x, "in.ba": x[:, :1, 0].astype("f4"), "m": np.float64(3), "none": np.zeros((0, 5))}
np.savez(HERE / "stored.npz", **arrays)
np.savez_compressed(HERE / "deflated.npz", **arrays)
np.savez(HERE / "integers.npz", **{"in.x": np.arange(3, dtype="<i8")})
np.savez_compressed(HERE / "zeros.npz", zeros=np.zeros(3 << 20, "f4"), one=np.ones(1))
