// All subjects by name: the one place where a name on a command line becomes an implementation.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/subject.hpp"
#include "subjects/foreign/options.hpp"

namespace bptt {

/// The subjects that are meant to be right.
[[nodiscard]] std::vector<std::string> subject_names();

/// The subjects with one deliberate fault each, "fault:drop_da_prevt". Any of them combine:
/// "fault:no_carry+copy_paste_bias_accumulators". "fault:none" is their code without any.
[[nodiscard]] std::vector<std::string> fault_names();
/// The faults of scale, "fault:far_weights_stored": each shows past a size of its own alone, and is
/// as fast as `optimized`. They do not combine.
[[nodiscard]] std::vector<std::string> scale_fault_names();

/// Throws UnsupportedError, with the nearest and all known names, if there is none of that name.
/// A name that is a file's ("./mine.so", "mine.py:lstm") is a foreign subject, run as `options`
/// say.
[[nodiscard]] std::unique_ptr<Subject> make_subject(std::string_view name,
                                                    const foreign::Options& options = {});

}  // namespace bptt
