#include "bench/slowed.hpp"

#include <algorithm>
#include <chrono>

namespace bptt::bench {
namespace {

using Clock = std::chrono::steady_clock;

void turn(long times) {
  for (long k = 0; k < times; ++k) asm volatile("");  // NOLINT(hicpp-no-assembler)
}

/// The shortest of some calls, in seconds: what disturbs makes longer only.
template <class Call>
double least_seconds(const Call& call) {
  double least = 1e9;
  const auto until = Clock::now() + std::chrono::milliseconds(10);
  for (int k = 0; k < 3 || (k < 100 && Clock::now() < until); ++k) {
    const auto start = Clock::now();
    call();
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least;
}

class Slowed final : public Contestant {
 public:
  Slowed(std::unique_ptr<Contestant> contestant, const Slowdown& by)
      : contestant_(std::move(contestant)) {
    constexpr long some = 100'000;
    const double of_a_turn = least_seconds([] { turn(some); }) / some;
    const auto turns = [&](double part, const auto& pass) {
      return part > 0 ? static_cast<long>(part * least_seconds(pass) / of_a_turn) : 0;
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
