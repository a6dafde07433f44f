// The source of the Python worker, numpy_worker.py: the only one of these files.
#pragma once

#include "core/embedded_file.hpp"

namespace bptt::foreign {

[[nodiscard]] std::vector<EmbeddedFile> worker_files();

}  // namespace bptt::foreign
