// What passes between the program and a worker: small messages through a socket, arrays through
// shared memory. Both sides run on one machine; numbers are in its byte order.
//
// The worker inherits these descriptors:
//   3  a socket of type SOCK_SEQPACKET: one Request in, one Reply out, in turns
//   4  the shared memory, a file of Request::segment_bytes bytes (it may have grown since the last
//      request). At its start stand Request::arrays entries of type ArrayEntry; the arrays follow.
//   5  the source of the Python worker (Python only)
// Its standard output and error are a pipe that the program reads as it waits. At the end of the
// socket's stream the worker leaves.
//
// In turns: the program writes the table and the arrays, sends a Request, and reads the outputs
// when the Reply has come. A worker has one session at a time; a new session number closes the old.
// numpy_worker.py has the same layouts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/shape.hpp"

namespace bptt::foreign {

inline constexpr std::uint32_t magic = 0x54545042;  // "BPTT"
inline constexpr int socket_descriptor = 3, segment_descriptor = 4, script_descriptor = 5;

enum class Operation : std::uint32_t { describe = 1, forward = 2, backward = 3 };

/// Which of a Python file's functions a session runs: cell by cell, or whole sequences. A library
/// has whole sequences alone.
enum class Granularity : std::uint32_t { sequence = 0, cell = 1 };

struct Request {
  std::uint32_t magic, operation;
  std::uint32_t cell, activation, scalar;  // as core/network.hpp and core/subject.hpp count them
  std::uint32_t granularity, arrays, reserved;
  std::int64_t n_x, n_a, m, T_x, T_da;
  std::uint64_t session, segment_bytes;
  char cell_name[40], sizes[128];  // "gru"; "n_x 3 n_h 5 m 2 T_x 7 T_da 7", padded by zeros
};
static_assert(sizeof(Request) == 256);

struct ArrayEntry {
  char name[40];            // "dWax", padded by zeros
  std::int32_t role, rank;  // role: as core/cell.hpp counts them
  std::int64_t extent[Shape::max_rank], stride[Shape::max_rank];  // strides in elements; 1 and 0
                                                                  // beyond the rank
  std::int64_t offset;  // of element (0,0,..), in bytes from the start of the memory
};
static_assert(sizeof(ArrayEntry) == 120);

enum class Status : std::uint32_t {
  ok,             // text: what a describe asks for, else empty
  raised,         // an exception or an error code; text: which, and where
  wrong_shape,    // of what the subject gave
  wrong_type,     // of what the subject gave
  out_of_memory,  // the worker lives on
  exited,         // the subject asked to end the process; the worker lives on
  changed_input,  // text: which
  refused_shape,  // the subject refuses a shape that it was handed
  crashing,       // the worker is about to die of a signal; text: where
  cannot_load,    // the library or file is not what it must be
  no_numpy        // this interpreter lacks NumPy
};

/// Followed by its text, without a NUL.
struct Reply {
  std::uint32_t magic, status;
};
inline constexpr std::size_t longest_text = 120000;

/// How the text of Status::crashing begins if an allocation had failed just before.
inline constexpr const char* no_memory = "no memory";

}  // namespace bptt::foreign
