// Every single fault in the lines of every built-in cell, and of networks of two directions, is
// seen: the kill matrix of the lines.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "cells/edits.hpp"
#include "cells/network.hpp"
#include "cells/walk.hpp"
#include "properties/codec.hpp"
#include "properties/lengths.hpp"
#include "properties/property.hpp"
#include "properties/trial.hpp"
#include "subjects/lines_subject.hpp"
#include "subjects/registry.hpp"

namespace bptt::properties {
namespace {

class Edited : public ::testing::TestWithParam<Cell> {};

/// A wrong line shows in the first digits. Rounding, of some thousand operations in 64 bits each,
/// stays below this part of the largest entry.
constexpr long double rounding = 0x1p-50L;

/// All that the lines give with an edit and without it, at a few problems, in 64-bit mantissas: an
/// edit that does not show there changes nothing, whatever rounding makes of it. (Of the sLSTM's
/// d(ei) all cancels that goes through m, so what goes into it is of no account.)
bool changes_nothing(Cell cell, const cells::Edit& edit, const SpecLimits& limits) {
  const cells::Program step = cells::step_of(cell, Activation::tanh);
  const cells::Written right{step, cells::reverse(step)}, wrong = cells::edited(right, edit);
  for (std::uint64_t k = 0; k < 6; ++k) {
    const ProblemSpec spec = decode_spec(random_spec_bytes(1000 + k), limits);
    const auto p = converted<long double>(generate<double>(spec));
    const auto outputs = [&](const cells::Written& lines) {
      cells::Walk<long double> walk(lines.step, lines.back, cells::extents_of(cell, p.sizes),
                                    p.sizes.m);
      auto all = walk.forward(p.in);
      settle_behind_the_ends(cell, views_of(std::as_const(p.in)), views_of(all));
      for (auto& [name, tensor] : walk.backward(p.up)) all.add(name, std::move(tensor));
      return all;
    };
    const auto expected = outputs(right);
    for (const auto& [name, tensor] : outputs(wrong)) {
      const auto &x = tensor.elements(), &y = expected[name].elements();
      long double largest = 0, off = 0;
      for (std::size_t e = 0; e < x.size(); ++e) {
        largest = std::max(largest, std::abs(y[e]));
        off = std::max(off, std::abs(x[e] - y[e]));
      }
      if (!(off <= rounding * largest)) return false;
    }
  }
  return true;
}

TEST_P(Edited, EverySingleFaultInTheLinesIsSeen) {
  const Cell cell = GetParam();
  const cells::Program step = cells::step_of(cell, Activation::tanh);
  const auto edits = cells::single_edits({step, cells::reverse(step)});
  ASSERT_EQ(edits.size(), count_of_edits(cell));
  const Property& property = find_property("equals_reference");
  int seen = 0, alike = 0;
  for (std::size_t number = 0; number < edits.size(); ++number) {
    const auto subject =
        make_subject("lines:" + std::string(bptt::name_of(cell)) + ":" + std::to_string(number));
    SpecLimits limits = limits_for(property, subject->capabilities(), cell);
    limits.regimes = bit(Regime::unit);
    limits.max_size = 5;
    bool broken = false;
    for (std::uint64_t k = 0; k < 60 && !broken; ++k) {
      const ProblemSpec spec = decode_spec(random_spec_bytes(k), limits);
      broken = check(property, *subject, Scalar::f64, spec).outcome == Outcome::broken;
    }
    if (broken) {
      ++seen;
      continue;
    }
    EXPECT_TRUE(changes_nothing(cell, edits[number], limits))
        << number << ": " << subject->description();
    ++alike;
  }
  RecordProperty("seen", seen);
  RecordProperty("alike", alike);
  EXPECT_GT(seen, 20);
}

std::vector<Cell> all_cells() {
  std::vector<Cell> cells = cells::built_in_cells();
  for (const char* name : {"gru_reverse", "rnn_both_x2", "rnn_both_lengths"})
    cells.push_back(cells::cell_named(name));
  return cells;
}

INSTANTIATE_TEST_SUITE_P(Cells, Edited, ::testing::ValuesIn(all_cells()),
                         [](const auto& info) { return std::string(bptt::name_of(info.param)); });

}  // namespace
}  // namespace bptt::properties
