// How foreign subjects are run: limits of their worker processes, and the programs that run them.
#pragma once

#include <cstdint>
#include <string>

namespace bptt::foreign {

struct Options {
  /// Seconds that one call may take. Time in which the machine gave the worker none (it was
  /// stopped, or waited for a processor) does not count.
  double call_timeout = 5;
  /// Seconds for loading the library or the notebook.
  double load_timeout = 30;
  /// Bytes of address space of one worker; 0: no limit.
  std::uint64_t memory_limit = std::uint64_t{4} << 30;
  /// The interpreter. Empty: python3 as the PATH has it, or /usr/bin/python3 if that lacks NumPy.
  std::string python;
  /// The program that runs shared libraries: its main calls worker_main (library_worker.hpp).
  std::string library_worker = "/proc/self/exe";
};

}  // namespace bptt::foreign
