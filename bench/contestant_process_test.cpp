// Contestants that would disturb one another, if they could.
#include "bench/contestant_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <new>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "core/error.hpp"

namespace bptt::bench {
namespace {

constexpr Group group{Cell::rnn, Scalar::f32, Pass::forward, {1, 1, 1, 1, 1}, 2};

/// Memory that a process shares with those it forks.
template <class T>
T& shared() {
  void* at = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  return *new (at) T();
}

/// What the system says of a process: 'R' running, 'T' stopped, ..
char state_of(pid_t id) {
  std::ifstream file("/proc/" + std::to_string(id) + "/stat");
  std::string text;
  std::getline(file, text);
  return text.at(text.rfind(')') + 2);
}

/// Has a thread that counts for as long as it lives, as libraries' threads spin after their work.
class Spinning : public Contestant {
 public:
  explicit Spinning(std::atomic<long>& count)
      : count_(count), thread_([&count](const std::stop_token& stop) {
          while (!stop.stop_requested()) ++count;
        }) {}
  /// Returns once the thread has counted.
  void forward() override {
    for (const long before = count_; count_ == before;) std::this_thread::yield();
    ++passes;
  }
  void backward() override { throw std::runtime_error("no way back"); }
  [[nodiscard]] double bytes_per_step() const override { return passes; }
  int passes = 0;

 private:
  std::atomic<long>& count_;
  std::jthread thread_;
};

RepetitionTimer::Make spinning(std::atomic<long>& count) {
  return [&count](const Group&) { return std::make_unique<Spinning>(count); };
}

TEST(ContestantProcess, NoThreadOfItRunsWhileAnotherIsMeasured) {
  auto& of_first = shared<std::atomic<long>>();
  auto& of_second = shared<std::atomic<long>>();
  ContestantProcess first("first", spinning(of_first)), second("second", spinning(of_second));
  EXPECT_TRUE(first.run({group, 3, 0, 1}).ran);
  const long when_stopped = of_first;
  EXPECT_EQ(state_of(first.id()), 'T');
  EXPECT_GE(when_stopped, 3);
  for (int k = 0; k < 5; ++k) EXPECT_TRUE(second.run({group, 100, 0, 1}).ran);
  EXPECT_GT(of_second, 0);
  EXPECT_EQ(of_first, when_stopped);
  EXPECT_TRUE(first.run({group, 3, 0, 1}).ran);  // and goes on
  EXPECT_GT(of_first, when_stopped);
}

TEST(ContestantProcess, TimesWhatItIsAsked) {
  auto& count = shared<std::atomic<long>>();
  ContestantProcess process("spinning", spinning(count));
  EXPECT_EQ(state_of(process.id()), 'T');  // from the start
  const Repetition timed = process.run({group, 3, 0, 1});
  EXPECT_EQ(timed.iterations, 3);
  EXPECT_GT(timed.seconds, 0);
  EXPECT_EQ(timed.bytes_per_step, 4);  // passes: one is not timed
  EXPECT_EQ(process.run({group, 1, 0, 1}).bytes_per_step, 5);
  EXPECT_GE(process.run({group, 0, 0.01, 1}).seconds, 0.01);
}

TEST(ContestantProcess, ArraysStayForTheNextBatchAndNoLonger) {
  auto& made = shared<std::atomic<int>>();
  auto& count = shared<std::atomic<long>>();
  ContestantProcess process("counted", [&](const Group&) {
    ++made;
    return std::make_unique<Spinning>(count);
  });
  Group other = group;
  other.sizes.n_a = 2;
  for (const auto& [asked, batch, expected] : {std::tuple{group, 1, 1},
                                               {group, 1, 1},
                                               {group, 2, 1},
                                               {other, 2, 2},
                                               {other, 3, 2},
                                               {group, 4, 3}}) {
    EXPECT_TRUE(process.run({asked, 1, 0, batch}).ran);
    EXPECT_EQ(made, expected) << batch;
  }
}

TEST(ContestantProcess, WhatGoesWrongThereIsToldHere) {
  auto& count = shared<std::atomic<long>>();
  ContestantProcess unable("unable", [](const Group&) { return nullptr; });
  EXPECT_FALSE(unable.run({group, 1, 0, 1}).ran);

  ContestantProcess process("one-way", spinning(count));
  Group backward = group;
  backward.pass = Pass::backward;
  EXPECT_THAT(
      [&] {
        (void)process.run({backward, 1, 0, 1});
      },
      testing::ThrowsMessage<Error>("one-way at rnn/backward/f32/1x1x1x1/2: no way back"));
  EXPECT_TRUE(process.run({group, 1, 0, 1}).ran);  // it is still there

  ContestantProcess dying("dying", [](const Group&) -> std::unique_ptr<Contestant> {
    ::raise(SIGKILL);
    return nullptr;
  });
  EXPECT_THAT(
      [&] {
        (void)dying.run({group, 1, 0, 1});
      },
      testing::ThrowsMessage<Error>(
          "dying at rnn/forward/f32/1x1x1x1/2: its process ended by signal 9 (Killed)"));
}

}  // namespace
}  // namespace bptt::bench
