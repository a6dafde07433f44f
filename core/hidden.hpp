// What a class keeps out of its header: one object, moved and never copied. Unlike with a plain
// unique_ptr, its type need not be known where the class is moved or destroyed.
#pragma once

#include <memory>
#include <utility>

namespace bptt {

template <class T>
using Hidden = std::unique_ptr<T, void (*)(T*)>;

template <class T, class... Arguments>
[[nodiscard]] Hidden<T> make_hidden(Arguments&&... arguments) {
  return {new T(std::forward<Arguments>(arguments)...), [](T* object) { delete object; }};
}

}  // namespace bptt
