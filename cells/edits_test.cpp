#include "cells/edits.hpp"

#include <gtest/gtest.h>

#include <set>

#include "cells/network.hpp"

namespace bptt::cells {
namespace {

Written lines_of(std::string_view name) {
  const Program step = step_of(cell_named(name), Activation::tanh);
  return {step, reverse(step)};
}

// dWaa = dz a', once without one of them: written out for the cell that everybody knows.
TEST(Edits, OfTheRnnAreThoseThatPeopleMake) {
  const Written rnn = lines_of("rnn");
  std::set<std::string> words;
  for (const Edit& edit : single_edits(rnn)) words.insert(in_words(rnn, edit));
  for (const char* expected :
       {"forward, z = Wax xt + Waa a_prev + ba: without ba",
        "forward, z = Wax xt + Waa a_prev + ba: with the other sign of Waa a_prev",
        "forward, z = Wax xt + Waa a_prev + ba: a_next in the place of a_prev",
        "forward, a_next = tanh(z): sigmoid in the place of tanh",
        "backward, dWaa += dz a_prev^T: = in the place of +=",
        "backward, dWaa += dz a_prev^T: a_next in the place of a_prev",
        "backward, dba += sum over j of dz[:,j]: = in the place of +="})
    EXPECT_TRUE(words.contains(expected)) << expected << "\n"
                                          << [&] {
                                               std::string all;
                                               for (const auto& w : words) all += w + "\n";
                                               return all;
                                             }();
}

TEST(Edits, ChangeOneLineAlone) {
  for (const Cell cell : built_in_cells()) {
    const Written right = lines_of(name_of(cell));
    const auto edits = single_edits(right);
    EXPECT_GT(edits.size(), 10U) << name_of(cell);
    for (const Edit& edit : edits) {
      const Written wrong = edited(right, edit);
      ASSERT_EQ(wrong.step.lines.size(), right.step.lines.size());
      ASSERT_EQ(wrong.back.program.lines.size(), right.back.program.lines.size());
      ASSERT_FALSE(in_words(right, edit).empty());
    }
  }
}

}  // namespace
}  // namespace bptt::cells
