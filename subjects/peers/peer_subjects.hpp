// Other people's implementations as subjects, where they were found at configure time: "onednn"
// (f32) and "torch" (f32, f64).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/subject.hpp"

namespace bptt {

[[nodiscard]] std::vector<std::string> peer_subject_names();

/// Null for a name that is not among peer_subject_names.
[[nodiscard]] std::unique_ptr<Subject> make_peer_subject(std::string_view name);

#ifdef BPTT_WITH_ONEDNN
[[nodiscard]] std::unique_ptr<Subject> make_onednn_subject();
#endif
#ifdef BPTT_WITH_TORCH
[[nodiscard]] std::unique_ptr<Subject> make_torch_subject();
#endif

}  // namespace bptt
