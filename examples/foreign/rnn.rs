// A vanilla RNN in Rust as a subject: bptt-verify check ./librnn_rust.so
//
//     rustc --edition 2021 -O --crate-type cdylib rnn.rs -o librnn_rust.so
//
// The structs are those of bptt_subject.h, version 1, field by field.
#![allow(non_snake_case)]

use std::os::raw::{c_char, c_void};

#[repr(C)]
pub struct Array {
    data: *mut c_void,
    extent: [i64; 3],
    stride: [i64; 3],
    rank: i32,
    reserved: i32,
}

impl Array {
    /// Element (i, j, t).
    fn at(&self, i: i64, j: i64, t: i64) -> *mut f64 {
        let s = &self.stride;
        unsafe { (self.data as *mut f64).offset((i * s[0] + j * s[1] + t * s[2]) as isize) }
    }
    fn get(&self, i: i64, j: i64, t: i64) -> f64 {
        unsafe { *self.at(i, j, t) }
    }
    fn set(&self, i: i64, j: i64, t: i64, value: f64) {
        unsafe { *self.at(i, j, t) = value }
    }
    fn add(&self, i: i64, j: i64, value: f64) {
        unsafe { *self.at(i, j, 0) += value }
    }
}

#[repr(C)]
pub struct Problem {
    cell: i32,
    scalar: i32,
    activation: i32,
    reserved: i32,
    n_x: i64,
    n_a: i64,
    m: i64,
    T_x: i64,
    T_da: i64,
    error: *mut c_char,
    error_size: i64,
}

#[repr(C)]
pub struct Inputs {
    x: Array,
    a0: Array,
    Wax: Array,
    Waa: Array,
    ba: Array,
}

#[repr(C)]
pub struct States {
    a: Array,
}

#[repr(C)]
pub struct Upstream {
    da: Array,
}

#[repr(C)]
pub struct Gradients {
    dx: Array,
    da0: Array,
    dWax: Array,
    dWaa: Array,
    dba: Array,
}

#[repr(C)]
pub struct Description {
    flags: u64,
    derivation: i32,
    reserved: i32,
    tanh_ulp: f64,
    sigmoid_ulp: f64,
    text: *const c_char,
}

const VERSION: i32 = 1;
const RNN: u64 = 1;
const F64: u64 = 1 << 3;
const STRIDED: u64 = 1 << 6;
const FEWER_LOSSES: u64 = 1 << 7;

#[no_mangle]
pub extern "C" fn bptt_subject_version() -> i32 {
    VERSION
}

#[no_mangle]
pub extern "C" fn bptt_subject_describe(out: &mut Description) {
    out.flags = RNN | F64 | STRIDED | FEWER_LOSSES;
    out.text = b"A vanilla RNN in Rust.\0".as_ptr() as *const c_char;
}

fn a_before(a0: &Array, a: &Array, k: i64, j: i64, t: i64) -> f64 {
    if t == 0 { a0.get(k, j, 0) } else { a.get(k, j, t - 1) }
}

/// a<t> = tanh(Wax x<t> + Waa a<t-1> + ba)
#[no_mangle]
pub extern "C" fn bptt_rnn_forward(
    _session: *mut *mut c_void, p: &Problem, inputs: &Inputs, out: &States,
) -> i32 {
    for t in 0..p.T_x {
        for j in 0..p.m {
            for i in 0..p.n_a {
                let mut z = inputs.ba.get(i, 0, 0);
                for k in 0..p.n_x {
                    z += inputs.Wax.get(i, k, 0) * inputs.x.get(k, j, t);
                }
                for k in 0..p.n_a {
                    z += inputs.Waa.get(i, k, 0) * a_before(&inputs.a0, &out.a, k, j, t);
                }
                out.a.set(i, j, t, z.tanh());
            }
        }
    }
    0
}

#[no_mangle]
pub extern "C" fn bptt_rnn_backward(
    _session: *mut *mut c_void, p: &Problem, inputs: &Inputs, states: &States, up: &Upstream,
    out: &Gradients,
) -> i32 {
    for j in 0..p.m {
        let mut da_prevt = vec![0.0; p.n_a as usize];
        for t in (0..p.T_da).rev() {
            let dz: Vec<f64> = (0..p.n_a)
                .map(|i| {
                    let a = states.a.get(i, j, t);
                    (1.0 - a * a) * (up.da.get(i, j, t) + da_prevt[i as usize]) // two uses add
                })
                .collect();
            for k in 0..p.n_x {
                let sum = (0..p.n_a).map(|i| inputs.Wax.get(i, k, 0) * dz[i as usize]).sum();
                out.dx.set(k, j, t, sum); // overwritten
            }
            for k in 0..p.n_a {
                da_prevt[k as usize] =
                    (0..p.n_a).map(|i| inputs.Waa.get(i, k, 0) * dz[i as usize]).sum();
            }
            for i in 0..p.n_a {
                // accumulated
                for k in 0..p.n_x {
                    out.dWax.add(i, k, dz[i as usize] * inputs.x.get(k, j, t));
                }
                for k in 0..p.n_a {
                    let before = a_before(&inputs.a0, &states.a, k, j, t);
                    out.dWaa.add(i, k, dz[i as usize] * before);
                }
                out.dba.add(i, 0, dz[i as usize]);
            }
        }
        for k in 0..p.n_a {
            out.da0.set(k, j, 0, da_prevt[k as usize]);
        }
    }
    0
}
