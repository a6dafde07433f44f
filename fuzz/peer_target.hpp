// Two implementations that share nothing, on one problem in f32: their results differ by no more
// than both of their bounds together. The reference gives the bounds, and no results.
#pragma once

#include <memory>
#include <string>

#include "fuzz/target.hpp"

namespace bptt::fuzz {

/// Bytes: one for the cell, then a problem in the codec's bytes, within what `peer` can run.
/// Throws UnsupportedError if there is no such subject.
[[nodiscard]] std::unique_ptr<Target> make_peer_target(const std::string& subject,
                                                       const std::string& peer);

}  // namespace bptt::fuzz
