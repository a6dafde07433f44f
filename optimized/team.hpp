// The threads of one plan: started once, asleep between passes. run allocates and locks nothing.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

namespace bptt::optimized {

class Team {
 public:
  /// `size` members, the calling thread among them. Throws std::system_error if threads cannot be
  /// started.
  explicit Team(int size);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  [[nodiscard]] int size() const { return static_cast<int>(threads_.size()) + 1; }

  /// work(member) for member = 0 .. size-1, each on a thread of its own, 0 on the caller's; returns
  /// when all have ended. `work` must not throw. One call at a time.
  template <class Work>
  void run(const Work& work) {
    if (threads_.empty()) return work(0);
    start([](const void* context, int member) { (*static_cast<const Work*>(context))(member); },
          &work);
    work(0);
    finish();
  }

 private:
  using Call = void (*)(const void*, int);
  void start(Call call, const void* context);
  void finish();
  void serve(int member);

  std::vector<std::thread> threads_;
  Call call_ = nullptr;
  const void* context_ = nullptr;
  std::atomic<unsigned> round_{0};  // one more for each run; the last bit pattern ends the team
  std::atomic<int> at_work_{0};
  std::atomic<bool> ended_{false};
};

}  // namespace bptt::optimized
