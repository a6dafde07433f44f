#include "bench/slowed.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace bptt::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Not inlined: it takes as long where it is timed as where it is used.
[[gnu::noinline]] void turn(long times) {
  for (long k = 0; k < times; ++k) asm volatile("");  // NOLINT(hicpp-no-assembler)
}

/// The median of some calls, in seconds, the first tenth of them left out, in which caches are
/// filled.
template <class Call>
double seconds_of(const Call& call) {
  std::vector<double> seconds;
  const auto until = Clock::now() + std::chrono::milliseconds(20);
  while (seconds.size() < 5 || (seconds.size() < 1000 && Clock::now() < until)) {
    const auto start = Clock::now();
    call();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  seconds.erase(seconds.begin(),
                seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 10));
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

class Slowed final : public Contestant {
 public:
  Slowed(std::unique_ptr<Contestant> contestant, const Slowdown& by)
      : contestant_(std::move(contestant)) {
    constexpr long some = 100'000;
    const double of_a_turn = seconds_of([] { turn(some); }) / some;
    const auto turns = [&](double part, const auto& pass) {
      return part > 0 ? static_cast<long>(part * seconds_of(pass) / of_a_turn) : 0;
    };
    turns_of_forward_ = turns(by.forward, [&] { contestant_->forward(); });
    turns_of_backward_ = turns(by.backward, [&] { contestant_->backward(); });
  }

  [[nodiscard]] bool runs(Pass pass) const override { return contestant_->runs(pass); }
  void forward() override {
    contestant_->forward();
    turn(turns_of_forward_);
  }
  void backward() override {
    contestant_->backward();
    turn(turns_of_backward_);
  }
  [[nodiscard]] std::optional<Counts> counts() const override { return contestant_->counts(); }
  [[nodiscard]] double bytes_per_step() const override { return contestant_->bytes_per_step(); }

 private:
  std::unique_ptr<Contestant> contestant_;
  long turns_of_forward_, turns_of_backward_;
};

}  // namespace

std::unique_ptr<Contestant> slowed(std::unique_ptr<Contestant> contestant, const Slowdown& by) {
  return std::make_unique<Slowed>(std::move(contestant), by);
}

}  // namespace bptt::bench
