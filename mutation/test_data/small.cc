// A program small enough to say by hand which mutants it has. mutation_test.py lists them.
#include <algorithm>
#include <cstdio>

namespace {

constexpr int limit = 3;  // constexpr: left alone

template <int N = 2>
struct Pair {
  int first = 0, last = N;  // not in the body of a function: left alone
};

int sum_below(int n, const int* values) {
  int sum = 0;
  for (int i = 0; i < n; ++i) {
    if (values[i] == 7) continue;
    sum += values[i] - 1;  // a - b c, over two lines
  }
  return n > 4 && sum != 0 ? -sum : std::min(sum,
                                             limit);
}

#if 0
#else
int never(int a, int b) { return a + b; }
#endif

int of_kind(int kind) {
  switch (kind) {
    case 1: return kind * 2 + kind;
    default: break;
  }
  if (kind < 0) throw kind + 1;  // a message is left alone
  return 0;
}

}  // namespace

int main() {
  const int values[] = {3, 7, 1, 5, 2, 0};
  const Pair<4> pair;
  std::printf("%d %d %d\n", sum_below(pair.last, values), sum_below(5, values), of_kind(1));
  static_cast<void>(never);
}
