// A way back whose gradients are not those that reversing line by line gives, but formulas written
// out from the chain rule at once, as courses print them. The rest of the way back, what those
// gradients are multiplied with, is the reversal's.
#pragma once

#include <string_view>

#include "cells/reverse.hpp"
#include "core/embedded_file.hpp"

namespace bptt::cells {

[[nodiscard]] std::vector<EmbeddedFile> closed_form_files();

/// The formulas of a built-in cell: a definition whose inputs are arrays of the cell's step, s_prev
/// for a state s before it, ds_next for a gradient that reaches it, and whose outputs are
/// gradients. Null if none are known.
[[nodiscard]] const Definition* closed_form(std::string_view cell);

/// back: the reversal of forward. Lines whose work the formulas do are left out. Throws Error if a
/// formula reads what the step does not have.
[[nodiscard]] Reversal with_formulas(const Program& forward, const Reversal& back,
                                     const Definition& formulas);

}  // namespace bptt::cells
