#include "bench/groups.hpp"

#include <regex>

#include "bench/shapes.hpp"

namespace bptt::bench {

std::string Group::name() const {
  return std::string(name_of(cell)) + (pass == Pass::forward ? "/forward/" : "/backward/") +
         std::string(name_of(scalar)) + "/" + bench::name_of(sizes) + "/" + std::to_string(threads);
}

std::vector<Group> bench_groups(const std::string& filter, const std::vector<int>& threads,
                                bool quick) {
  const std::regex matching(filter);
  std::vector<Group> groups;
  for (const BenchShape& shape : bench_shapes()) {
    if (quick && !shape.quick) continue;
    for (const Cell cell : {Cell::lstm, Cell::rnn}) {
      if (!(cell == Cell::lstm ? shape.lstm : shape.rnn)) continue;
      for (const Scalar scalar : {Scalar::f32, Scalar::f64})
        for (const int count : threads)
          for (const Pass pass : {Pass::forward, Pass::backward}) {
            const Group group{cell, scalar, pass, shape.sizes, count};
            if (std::regex_search(group.name(), matching)) groups.push_back(group);
          }
    }
  }
  return groups;
}

std::unique_ptr<Contestant> make_contestant(std::string_view name, const Group& g) {
  return g.scalar == Scalar::f32 ? make_contestant<float>(name, g.cell, g.sizes, g.threads)
                                 : make_contestant<double>(name, g.cell, g.sizes, g.threads);
}

}  // namespace bptt::bench
