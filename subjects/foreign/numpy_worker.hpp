// The source of the Python worker, numpy_worker.py, as part of the library: a program finds it
// wherever it is installed.
#pragma once

#include <string_view>

namespace bptt::foreign {

[[nodiscard]] std::string_view numpy_worker_source();

}  // namespace bptt::foreign
