#include "properties/model_shapes.hpp"

#include <algorithm>
#include <vector>

#include "cells/network.hpp"
#include "core/error.hpp"
#include "properties/draw.hpp"

namespace bptt::properties {
namespace {

// n_x, n_a, m, T_x, T_da, and n_b where a cell has it for something that models have. Sources: the
// inputs of oneDNN's benchdnn and of DeepBench for recurrent networks; models of the users of
// PyTorch and Paddle; papers. The first reach the most paths of blocked kernels in the time that
// they take; a check of 45 s asks one or two of them.
struct Shapes {
  std::vector<std::string_view> cells;  // of one layer and one direction
  std::vector<Sizes> real;
};
const std::vector<Shapes> shapes_of_models{
    {{"lstm"},
     {
         {512, 512, 32, 25, 25},    // DeepBench, training
         {240, 1024, 16, 40, 40},   // encoder of RNN-T, fewer samples and steps
         {512, 512, 64, 50, 50},    // encoder of GNMT
         {128, 128, 128, 60, 60},   // a user's, a tenth of its steps
         {256, 256, 16, 150, 150},  // DeepBench, training
         {500, 500, 64, 50, 50},    // a user's: no multiple of the lanes
         {1024, 1024, 32, 25, 25},  // DeepBench, training
         {512, 512, 1, 101, 101},   // GNMT, one sample
     }},
    {{"rnn"},
     {
         {1024, 1024, 32, 50, 50},  // between the two beside it
         {1760, 1760, 32, 50, 50},  // DeepSpeech 2
         {256, 256, 64, 150, 150},
         {1760, 1760, 64, 50, 50},  // DeepSpeech 2
         {500, 500, 64, 50, 50},
     }},
    // DeepBench, training: 1024, 1536 and 2048 units, 32 samples, fewer of up to 1,500 steps; one
    // sample, inference, with all of the 187.
    {{"gru", "gru_before", "augru"},
     {
         {512, 512, 32, 25, 25},
         {1024, 1024, 32, 20, 20},
         {500, 500, 64, 30, 30},
         {1536, 1536, 32, 8, 8},
         {1024, 1024, 1, 187, 187},
         {2048, 2048, 32, 4, 4},
     }},
    // n_h: Mamba's inner states, 1,536 channels of 16, fewer of 2,048 steps; HGRN and minGRU.
    {{"scan"},
     {
         {1, 1024, 4, 512, 512},
         {1, 24576, 1, 80, 80},
         {1, 512, 64, 100, 100},
         {1, 300, 1, 8192, 8192},
     }},
    // n_k and n_v of a head, heads of all samples, steps: the sizes of flash-linear-attention's own
    // tests and of Gated DeltaNet (256 and 512), fewer steps.
    {{"gated_delta"},
     {
         {1, 128, 16, 32, 32, 128},
         {1, 64, 32, 64, 64, 64},
         {1, 100, 8, 100, 100, 60},
         {1, 256, 8, 8, 8, 512},
     }},
};
// What is large in one direction first: samples, terms of a sum, steps (more than a byte counts).
const std::vector<Sizes> middle{
    {64, 5, 100, 16, 16}, {32, 32, 1, 300, 300}, {25, 10, 1, 209, 209}, {96, 100, 33, 12, 9},
    {36, 36, 20, 3, 3},   {17, 34, 7, 1, 1},     {65, 65, 34, 1, 1},    {16, 16, 12, 3, 3},
    {34, 17, 4, 1, 1},    {64, 64, 1, 96, 96},   {32, 16, 6, 2, 2},     {3, 5, 10, 7, 4},
};

/// Those of the cell that a network's layers are of; of a cell that the table does not have, the
/// LSTM's.
const std::vector<Sizes>& real_shapes(Cell network) {
  if (const auto alike = cells::without_lengths(network)) network = *alike;
  if (const auto layers = cells::layers_of(network)) network = layers->one;
  if (const auto way = cells::one_way_of(network)) network = way->one;
  const std::string_view name = name_of(network);
  for (const Shapes& shapes : shapes_of_models)
    if (std::find(shapes.cells.begin(), shapes.cells.end(), name) != shapes.cells.end())
      return shapes.real;
  return shapes_of_models.front().real;
}

bool has_size(Cell cell, Size size) {
  const auto& sizes = table_of(cell).sizes();
  return std::any_of(sizes.begin(), sizes.end(), [&](const auto& s) { return s.size == size; });
}

}  // namespace

std::string_view name_of(SizeSet set) {
  switch (set) {
    case SizeSet::small: return "small";
    case SizeSet::middle: return "middle";
    case SizeSet::real: return "real";
  }
  throw Error("unknown set of sizes");
}

ProblemSpec model_problem(SizeSet set, Cell cell, std::uint64_t seed, int k) {
  if (set == SizeSet::small) throw Error("small sizes are drawn, not listed");
  const auto& shapes = set == SizeSet::middle ? middle : real_shapes(cell);
  const Draw draw(seed, std::string("sizes ") + std::string(name_of(set)));
  ProblemSpec spec;
  spec.cell = cell;
  spec.sizes = shapes[static_cast<std::size_t>(k) % shapes.size()];
  spec.seed = draw.bits(k, 1);
  // A third size is another one than both, and a fourth than all.
  if (spec.sizes.n_b == 1) spec.sizes.n_b = spec.sizes.n_a / 2 + 1;
  spec.sizes.n_c = spec.sizes.n_a / 3 + 1;
  for (const Size size : {&Sizes::n_b, &Sizes::n_c})
    if (!has_size(cell, size)) spec.sizes.*size = 1;
  const bool other = set == SizeSet::middle && k % 3 == 2;
  if (other) spec.regime = k % 2 == 0 ? Regime::tiny : Regime::signed_zeros;
  return spec;
}

}  // namespace bptt::properties
