// The source of the Python worker: numpy_worker.py and numpy_calls.py, one after the other.
#pragma once

#include "core/embedded_file.hpp"

namespace bptt::foreign {

/// Both, in this order.
[[nodiscard]] std::vector<EmbeddedFile> worker_files();

}  // namespace bptt::foreign
