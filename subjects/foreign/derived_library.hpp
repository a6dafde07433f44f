// The C interface for what `derive --c++` writes, so that the file is a library that can be put to
// the test as it is.
#pragma once

#include <string>
#include <vector>

#include "cells/program.hpp"
#include "core/embedded_file.hpp"

namespace bptt::foreign {

/// bptt_subject.h.
[[nodiscard]] std::vector<EmbeddedFile> c_interface_files();

/// What follows cells::cpp_source(cell, step) in its file: bptt_subject.h, word for word, and the
/// functions that it declares.
[[nodiscard]] std::string c_interface_of(const cells::Definition& cell, const cells::Program& step);

}  // namespace bptt::foreign
