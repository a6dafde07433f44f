#include "optimized/team.hpp"

#include "optimized/waiting.hpp"

namespace bptt::optimized {

Team::Team(int size) {
  try {
    for (int member = 1; member < size; ++member)
      threads_.emplace_back([this, member] { serve(member); });
  } catch (...) {
    ended_ = true;
    ++round_;
    round_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    throw;
  }
}

Team::~Team() {
  ended_ = true;
  ++round_;
  round_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::start(Call call, const void* context) {
  call_ = call;
  context_ = context;
  at_work_.store(static_cast<int>(threads_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
}

void Team::finish() {
  for (int left = at_work_.load(std::memory_order_acquire); left > 0;
       left = at_work_.load(std::memory_order_acquire))
    wait_while(at_work_, left, Spin::within_a_pass());
}

void Team::serve(int member) {
  for (unsigned seen = 0;;) {
    wait_while(round_, seen, Spin::between_passes());
    ++seen;
    if (ended_) return;
    call_(context_, member);
    if (at_work_.fetch_sub(1, std::memory_order_acq_rel) == 1) at_work_.notify_all();
  }
}

}  // namespace bptt::optimized
