// What a fuzzing engine calls. One program has many targets: the name of the file that is started,
// fuzz_NAME, says which one it is (CMakeLists.txt makes a link for each). A Finding is printed on
// standard error, with the command that replays it if there is one, and traps.
//   BPTT_FUZZ_TARGET     the target's NAME, if the file is called otherwise
//   BPTT_FUZZ_SUBJECT    a subject on trial in place of the optimised ones: fault:drop_da_prevt
//   BPTT_FUZZ_GUIDANCE   0: the ratio of error and bound is not told to the engine
//   BPTT_FUZZ_REPORT     1: at its end the worst such ratio is printed on standard error
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include "fuzz/finding.hpp"
#include "fuzz/guidance.hpp"
#include "fuzz/target.hpp"

namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::unique_ptr<bptt::fuzz::Target> made;

std::unique_ptr<bptt::fuzz::Target> make(std::string_view program) {
  bptt::fuzz::set_guidance(environment("BPTT_FUZZ_GUIDANCE") != "0");
  if (environment("BPTT_FUZZ_REPORT") == "1")
    std::atexit([] {
      if (bptt::fuzz::worst_ratio() > 0)
        std::fprintf(stderr, "BPTT worst error/bound %.3g\n", bptt::fuzz::worst_ratio());
    });
  std::string_view name = environment("BPTT_FUZZ_TARGET");
  if (name.empty()) {
    name = program.substr(program.rfind('/') + 1);
    constexpr std::string_view prefix = "fuzz_";
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  try {
    return bptt::fuzz::find_target(name).make(std::string(environment("BPTT_FUZZ_SUBJECT")));
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    std::exit(2);
  }
}

}  // namespace

extern "C" {

int LLVMFuzzerInitialize(int*, char*** argv) {
  made = make((*argv)[0]);
  return 0;
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!made) made = make(program_invocation_name);  // an engine that does not initialise
  try {
    made->run({data, size});
  } catch (const bptt::fuzz::Finding& finding) {
    std::cerr << finding.what() << std::endl;
    __builtin_trap();
  }
  return 0;
}

#ifdef BPTT_FUZZ_MUTATES
// libFuzzer and AFL++'s driver for it have this one; where it is missing, ours does the work alone.
__attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t*, std::size_t, std::size_t);

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t room,
                                    unsigned seed) {
  return made->mutate({data, room}, size, seed, &LLVMFuzzerMutate);
}

std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,
                                      const std::uint8_t* second, std::size_t second_size,
                                      std::uint8_t* out, std::size_t room, unsigned seed) {
  return made->cross({first, first_size}, {second, second_size}, {out, room}, seed);
}
#endif

}  // extern "C"
