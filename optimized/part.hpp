// Parts of a backward pass over a sequence that is not in memory as a whole.
#pragma once

namespace bptt::optimized {

/// Which part of a whole backward pass this is. Parts follow one another from the last steps to the
/// first on the same plan, which carries da_prevt, dc_prevt and the weight gradients over.
struct Part {
  bool first = true;  // starts from dc_T and no gradient from later steps
  bool last = true;   // writes da0 and dc0, and delivers the weight gradients
};

}  // namespace bptt::optimized
