// Where the elements of a program's arrays stand, and how an index moves through them.
#pragma once

#include <vector>

#include "bounds/contraction.hpp"
#include "cells/program.hpp"

namespace bptt::bounds {

/// Blocks of one step, the first axis fastest and the sample slowest; the blocks of steps one after
/// another, so that samples and steps are one index.
class Layout {
 public:
  /// Throws Error if a size is missing.
  Layout(const cells::Program& program, const cells::Extents& extents, Index m);

  /// Elements of one step.
  [[nodiscard]] Index block(int array) const { return of(array).block; }
  /// Of one step.
  [[nodiscard]] Shape shape(int array) const;
  /// Of the place's first element in its block.
  [[nodiscard]] Index offset(const cells::Place& place) const;
  /// How far it moves when the indices of another place go from zero to those of its entry `at`.
  [[nodiscard]] Index moved(const cells::Place& place, const cells::Place& with, Index at) const;
  /// True if the entry, counted as in the whole array, is one of the place's.
  [[nodiscard]] bool contains(const cells::Place& place, Index entry) const;
  [[nodiscard]] Index m() const { return m_; }

  struct Operand {
    const cells::Place* place = nullptr;
    Index result = 0;  // how far it moves from one result of a sweep to the next
  };
  /// The indices of out += p * q; p and q may have no place, for 1. samples: of all steps together.
  /// fixed: a place whose indices do not run.
  [[nodiscard]] std::vector<Axis> axes(const Operand& out, const Operand& p, const Operand& q,
                                       Index samples, Index results = 1,
                                       const cells::Place* fixed = nullptr) const;

 private:
  struct Of {
    std::vector<Index> strides, extents;
    Index of_a_sample = 1, block = 1;
    bool of_samples = false;
  };
  [[nodiscard]] const Of& of(int array) const { return arrays_[static_cast<std::size_t>(array)]; }
  [[nodiscard]] Index stride(const cells::Place* place, int letter) const;

  cells::Extents extents_;
  Index m_;
  std::vector<Index> letters_;
  std::vector<Of> arrays_;
};

}  // namespace bptt::bounds
