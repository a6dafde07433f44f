// The targets that read foreign bytes and text: files, printed numbers, replay lines, what passes
// between the program and a worker. One file each.
#pragma once

#include <memory>

#include "fuzz/target.hpp"

namespace bptt::fuzz {

[[nodiscard]] std::unique_ptr<Target> make_npz_target();
[[nodiscard]] std::unique_ptr<Target> make_replay_line_target();
[[nodiscard]] std::unique_ptr<Target> make_printout_target();
[[nodiscard]] std::unique_ptr<Target> make_worker_protocol_target();
[[nodiscard]] std::unique_ptr<Target> make_c_interface_target();

}  // namespace bptt::fuzz
