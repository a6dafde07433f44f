// What memory that nobody zeroed holds, the same in every run: zeros, as fresh pages do, and in
// arrays of more than 16 entries now and then a small number that somebody left there.
#pragma once

#include "core/view.hpp"

namespace bptt::faults {

template <class S>
void add_garbage(const View<S>& array) {
  constexpr Index lucky = 16;
  Index k = 0;
  for_each_element(array, [&](S& element) {
    if (k > 0 && k % lucky == 0) element += static_cast<S>(k) / S(1024);
    ++k;
  });
}

}  // namespace bptt::faults
