// What a worker is charged, and what it is not: on workers of which it is known what they do.
#include "subjects/foreign/patience.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <ostream>
#include <string>
#include <thread>

namespace bptt::foreign {
namespace {

constexpr double limit = 0.2;  // seconds
constexpr int looks = 30;      // seven times as long

/// A process that is killed at the end, and a pipe into which it prints.
class Child {
 public:
  template <class Become>
  explicit Child(const Become& become) {
    if (::pipe(pipe_.data()) != 0) ADD_FAILURE() << "no pipe";
    id_ = ::fork();
    if (id_ != 0) return;
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that hangs is killed, and leaves nothing behind
    ::dup2(pipe_[1], 1);
    ::close(pipe_[0]);
    become();
    ::_exit(127);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(id_, SIGCONT);
    ::kill(-id_, SIGKILL);
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
    for (const int end : pipe_) ::close(end);
  }
  [[nodiscard]] pid_t id() const { return id_; }
  [[nodiscard]] int output() const { return pipe_[0]; }
  /// Waits for bytes that it prints; how many there were.
  [[nodiscard]] long read() const {
    std::array<char, 1 << 17> buffer{};
    return ::read(pipe_[0], buffer.data(), buffer.size());
  }

 private:
  pid_t id_ = -1;
  std::array<int, 2> pipe_{};
};

void look_once_more() { std::this_thread::sleep_for(std::chrono::milliseconds(Patience::slice())); }

[[noreturn]] void compute() {
  volatile int k = 0;
  while (true) k = 1 - k;
}

bool over_soon(Patience& patience) {
  for (int k = 0; k < looks; ++k) {
    look_once_more();
    if (patience.over()) return true;
  }
  return false;
}

/// Returns when it is over; a test that hangs here has failed.
void wait_until_over(Patience& patience) {
  while (!patience.over()) look_once_more();
}

/// Python that says it is there and goes on with what is left of one processor.
Child in_python(const std::string& code) {
  return Child([&] {
    const std::string all =
        "import os, threading\n"
        "def compute():\n"
        "    while True: pass\n"
        "os.write(1, b'x')\n"
        "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\n" +
        code;
    ::execlp("python3", "python3", "-c", all.c_str(), nullptr);
  });
}

struct Way {
  std::string name, code;
  friend void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }
};

class Starved : public testing::TestWithParam<Way> {};

// Three hundred times less than a processor: the other one has the rest.
TEST_P(Starved, IsNotChargedWhileItWaitsForAProcessor) {
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &before)) ++cpu;
  CPU_SET(cpu, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);  // inherited
  {
    const Child worker = in_python(GetParam().code);
    const Child other([] { compute(); });
    ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
    ASSERT_EQ(worker.read(), 1);
    Patience patience(worker.id(), limit, worker.output());
    EXPECT_FALSE(over_soon(patience));
  }
}

INSTANTIATE_TEST_SUITE_P(Workers, Starved,
                         testing::Values(Way{"Itself", "compute()"},
                                         Way{"AThread",
                                             "thread = threading.Thread(target=compute)\n"
                                             "thread.start()\n"
                                             "thread.join()"},
                                         Way{"AProcessThatItStarted",
                                             "if os.fork() == 0: compute()\nos.wait()"}),
                         [](const auto& way) { return way.param.name; });

TEST(Patience, EndsWithOneThatSleepsAndWithOneThatComputes) {
  const Child sleeps([] {
    while (true) ::pause();
  });
  const Child computes([] { compute(); });
  for (const pid_t id : {sleeps.id(), computes.id()}) {
    Patience patience(id, limit);
    wait_until_over(patience);
  }
}

TEST(Patience, StandsStillWhileTheWorkerIsStopped) {
  const Child worker([] {
    while (true) ::pause();
  });
  ASSERT_EQ(::kill(worker.id(), SIGSTOP), 0);
  ASSERT_EQ(::waitpid(worker.id(), nullptr, WUNTRACED), worker.id());
  Patience patience(worker.id(), limit);
  EXPECT_FALSE(over_soon(patience));
  ::kill(worker.id(), SIGCONT);
  wait_until_over(patience);
}

TEST(Patience, StandsStillWhileNobodyReadsWhatTheWorkerPrints) {
  constexpr long all = 100'000;  // a pipe holds 65,536
  const Child worker([] {
    const std::string text(1000, 'x');
    for (long done = 0; done < all;) done += ::write(1, text.data(), text.size());
    while (true) ::pause();
  });
  Patience patience(worker.id(), limit, worker.output());
  EXPECT_FALSE(over_soon(patience));
  for (long got = 0; got < all;) {
    const long bytes = worker.read();
    patience.was_read(bytes);
    got += bytes;
  }
  wait_until_over(patience);
}

// A dot now and then is no reason to wait for ever.
TEST(Patience, EndsWithOneThatPrintsALittleAndSleeps) {
  const Child worker([] {
    while (::write(1, ".", 1) == 1) ::usleep(10'000);
  });
  Patience patience(worker.id(), limit, worker.output());
  do patience.was_read(worker.read());
  while (!patience.over());
}

}  // namespace
}  // namespace bptt::foreign
