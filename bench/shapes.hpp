// The shapes that are measured: sizes of real models and of others' benchmarks, and small ones that
// hunt tails and overhead.
#pragma once

#include <string>
#include <vector>

#include "core/problem.hpp"

namespace bptt::bench {

struct BenchShape {
  const char* model;
  bool rnn, lstm;
  Sizes sizes;
  bool quick = false;  // in the short run too
};

inline std::vector<BenchShape> bench_shapes() {
  const auto s = [](Index n_x, Index n_a, Index m, Index T) { return Sizes{n_x, n_a, m, T, T}; };
  return {
      {"small", true, true, s(64, 64, 32, 100), true},
      {"medium", true, true, s(128, 256, 64, 100), true},
      {"large", true, true, s(512, 512, 64, 50), true},
      {"larger", true, true, s(1024, 1024, 32, 25), true},
      {"one sample", true, true, s(128, 128, 1, 200), true},
      {"DeepSpeech 2", true, false, s(1760, 1760, 32, 50)},
      {"DeepSpeech 2", true, false, s(1760, 1760, 64, 50)},
      {"GNMT encoder", false, true, s(512, 512, 1, 101)},
      {"GNMT encoder", false, true, s(512, 512, 64, 10)},
      {"GNMT encoder", false, true, s(512, 512, 128, 30)},
      {"RNN-T encoder, m / 7", false, true, s(240, 1024, 128, 64)},
      {"a PyTorch user's", false, true, s(500, 500, 64, 50)},
      {"a Paddle user's", false, true, s(128, 128, 128, 629)},
      {"DeepBench training", false, true, s(256, 256, 16, 150)},
      {"DeepBench training", false, true, s(256, 256, 64, 150)},
      {"DeepBench training", false, true, s(512, 512, 32, 25)},
      {"DeepBench device", true, false, s(32, 32, 1, 672)},
      {"DeepBench device", true, false, s(64, 64, 1, 96)},
      {"a oneDNN bug report", false, true, s(25, 10, 1, 209)},
      {"tails", true, true, s(16, 16, 12, 3)},
      {"tails", true, true, s(36, 36, 20, 3)},
      {"tails", true, true, s(32, 16, 6, 2)},
      {"tails", true, true, s(17, 34, 7, 1)},
      {"tails", true, true, s(34, 17, 4, 1)},
      {"tails", true, true, s(65, 65, 34, 1)},
      {"tails", true, true, s(64, 5, 100, 256)},
      {"the course's", true, true, s(3, 5, 10, 4)},
      {"the course's", true, true, s(3, 5, 10, 7), true},
  };
}

/// n_x x n_a x m x T_x
inline std::string name_of(const Sizes& s) {
  return std::to_string(s.n_x) + "x" + std::to_string(s.n_a) + "x" + std::to_string(s.m) + "x" +
         std::to_string(s.T_x);
}

}  // namespace bptt::bench
