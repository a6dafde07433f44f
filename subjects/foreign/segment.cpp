#include "subjects/foreign/segment.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.hpp"
#include "core/subject_failure.hpp"
#include "subjects/foreign/system_reason.hpp"

namespace bptt::foreign {
namespace {

constexpr std::size_t guard_bytes = 1024;  // more than a vector of any machine on either side
constexpr std::size_t alignment = 64;

/// The offset, in elements, of entry (i, j, t, s).
Index offset_of(const Strides& strides, Index i, Index j, Index t, Index s) {
  return i * strides[0] + j * strides[1] + t * strides[2] + s * strides[3];
}

/// visit(i, j, t, s) for every entry.
template <class Visit>
void for_each_index(const Shape& shape, const Visit& visit) {
  for (Index s = 0; s < shape[3]; ++s)
    for (Index t = 0; t < shape[2]; ++t)
      for (Index j = 0; j < shape[1]; ++j)
        for (Index i = 0; i < shape[0]; ++i) visit(i, j, t, s);
}

/// Copies an array of words, each side with its strides.
template <class Word>
void copy_words(const Shape& shape, std::byte* to, const Strides& to_strides, const std::byte* from,
                const Strides& from_strides) {
  for_each_index(shape, [&](Index i, Index j, Index t, Index s) {
    std::memcpy(to + offset_of(to_strides, i, j, t, s) * Index{sizeof(Word)},
                from + offset_of(from_strides, i, j, t, s) * Index{sizeof(Word)}, sizeof(Word));
  });
}

void copy_elements(std::size_t element, const Shape& shape, std::byte* to,
                   const Strides& to_strides, const std::byte* from, const Strides& from_strides) {
  if (element == sizeof(std::uint32_t))
    copy_words<std::uint32_t>(shape, to, to_strides, from, from_strides);
  else
    copy_words<std::uint64_t>(shape, to, to_strides, from, from_strides);
}

}  // namespace

Segment::Segment() : descriptor_(::memfd_create("bptt-verify", MFD_CLOEXEC)) {
  if (descriptor_ < 0) throw CheckerError("no shared memory for a worker: " + system_reason());
  reserve(std::size_t{1} << 16);
}

Segment::~Segment() {
  if (memory_ != nullptr) ::munmap(memory_, size_);
  ::close(descriptor_);
}

void Segment::reserve(std::size_t bytes) {
  if (bytes <= size_) return;
  const std::size_t larger = std::max(bytes, 2 * size_);
  if (::ftruncate(descriptor_, static_cast<off_t>(larger)) != 0)
    throw CheckerError("no shared memory of " + std::to_string(larger) +
                       " bytes: " + system_reason());
  if (memory_ != nullptr) ::munmap(memory_, size_);
  void* mapped = ::mmap(nullptr, larger, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (mapped == MAP_FAILED) {
    memory_ = nullptr;
    size_ = 0;
    throw CheckerError("cannot map shared memory of " + std::to_string(larger) +
                       " bytes: " + system_reason());
  }
  memory_ = static_cast<std::byte*>(mapped);
  size_ = larger;
}

void Segment::place(std::string_view name, Role role, void* values, std::size_t element,
                    const Shape& shape, const Strides& strides, bool output) {
  if (name.size() >= sizeof(ArrayEntry::name))
    throw Error("the name " + std::string(name) + " is longer than " +
                std::to_string(sizeof(ArrayEntry::name) - 1) + " letters");
  Placed p{{}, static_cast<std::byte*>(values), shape, strides, element, 0, 0, output};
  std::copy(name.begin(), name.end(), p.entry.name);
  p.entry.role = static_cast<std::int32_t>(role);
  p.entry.rank = static_cast<std::int32_t>(shape.rank());
  for (Index axis = 0; axis < Shape::max_rank; ++axis) {
    const auto k = static_cast<std::size_t>(axis);
    p.strides[k] = axis < shape.rank() ? strides[k] : 0;
    p.entry.extent[k] = shape[axis];
    p.entry.stride[k] = p.strides[k];
    const Index reach = (shape[axis] - 1) * p.strides[k];
    (reach < 0 ? p.low : p.high) += reach;
  }
  placed_.push_back(p);
}

std::uint32_t Segment::commit() {
  std::size_t at = placed_.size() * sizeof(ArrayEntry) + guard_bytes;
  for (Placed& p : placed_) {
    // As unaligned as the caller's array is: the first byte of a cache line stays one.
    const auto lowest = at + static_cast<std::size_t>(-p.low) * p.element + alignment - 1;
    const std::size_t offset =
        lowest - lowest % alignment + reinterpret_cast<std::uintptr_t>(p.values) % alignment;
    p.entry.offset = static_cast<std::int64_t>(offset);
    at = offset + (static_cast<std::size_t>(p.high) + 1) * p.element + guard_bytes;
  }
  used_ = at;
  reserve(used_);
  std::memset(memory_, 0xff, used_);
  for (std::size_t k = 0; k < placed_.size(); ++k) {
    const Placed& p = placed_[k];
    std::memcpy(memory_ + k * sizeof(ArrayEntry), &p.entry, sizeof p.entry);
    copy_elements(p.element, p.shape, memory_ + p.entry.offset, p.strides, p.values, p.strides);
  }
  before_.assign(memory_, memory_ + used_);
  return static_cast<std::uint32_t>(placed_.size());
}

void Segment::collect() {
  for (const Placed& p : placed_) {
    if (!p.output) continue;
    std::byte* const inside = memory_ + p.entry.offset;
    copy_elements(p.element, p.shape, p.values, p.strides, inside, p.strides);
    copy_elements(p.element, p.shape, inside, p.strides, before_.data() + p.entry.offset,
                  p.strides);
  }
  if (std::memcmp(memory_, before_.data(), used_) == 0) return;
  const auto changed = std::mismatch(memory_, memory_ + used_, before_.begin()).first;
  accuse(static_cast<std::size_t>(changed - memory_));
}

void Segment::accuse(std::size_t at) const {
  const Placed* nearest = nullptr;
  std::size_t distance = 0;
  for (const Placed& p : placed_) {
    const auto base = static_cast<std::size_t>(p.entry.offset);
    const std::size_t first = base - static_cast<std::size_t>(-p.low) * p.element;
    const std::size_t end = base + (static_cast<std::size_t>(p.high) + 1) * p.element;
    const std::size_t away = at < first ? first - at : at >= end ? at - end + 1 : 0;
    if (nearest == nullptr || away < distance) {
      nearest = &p;
      distance = away;
    }
  }
  if (nearest == nullptr)
    throw SubjectFailure(Cause::wrote_outside, "something was written into the shared memory");
  const Placed& p = *nearest;
  const std::string name = p.entry.name;
  const auto bytes = static_cast<std::ptrdiff_t>(at) - p.entry.offset;
  for_each_index(p.shape, [&](Index i, Index j, Index t, Index s) {
    const auto from = offset_of(p.strides, i, j, t, s) * static_cast<Index>(p.element);
    if (bytes < from || bytes >= from + static_cast<Index>(p.element)) return;
    std::vector<Index> index{i, j, t, s};
    index.resize(static_cast<std::size_t>(p.shape.rank()));
    throw SubjectFailure(
        Cause::changed_input,
        fmt::format("{}[{}] was changed, which is for reading only", name, fmt::join(index, ",")));
  });
  if (distance == 0)
    throw SubjectFailure(Cause::wrote_outside,
                         "between the elements of " + name + ": its strides were not kept");
  const bool after = bytes > p.low * static_cast<Index>(p.element);
  throw SubjectFailure(Cause::wrote_outside,
                       "element " + std::to_string((distance - 1) / p.element + 1) +
                           (after ? " after the end of " : " before the start of ") + name + " " +
                           p.shape.str() + " was written");
}

}  // namespace bptt::foreign
