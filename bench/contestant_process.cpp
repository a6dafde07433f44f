#include "bench/contestant_process.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <random>
#include <type_traits>
#include <vector>

#include "core/error.hpp"

namespace bptt::bench {
namespace {

/// A repetition, or why there is none.
struct Reply {
  Repetition repetition;
  std::array<char, 512> error;
};
static_assert(std::is_trivially_copyable_v<Request> && std::is_trivially_copyable_v<Reply>);

/// The socket keeps messages whole.
template <class T>
bool send_whole(int socket, const T& message) {
  return ::send(socket, &message, sizeof(T), MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof(T));
}
template <class T>
bool receive_whole(int socket, T& message) {
  ssize_t got = 0;
  do got = ::recv(socket, &message, sizeof(T), 0);
  while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof(T));
}

/// What the process does until nobody asks any more.
[[noreturn]] void serve(const RepetitionTimer::Make& make, int socket) {
  // Where small arrays lie decides 2 % of a pass of a microsecond. It is drawn anew in each
  // process, so that it is noise and not a difference between two builds, or two command lines.
  const std::vector<char> shift(16 * (std::random_device()() % 256));
  RepetitionTimer timer(make);
  for (Request request{}; receive_whole(socket, request);) {
    Reply reply{};
    try {
      reply.repetition = timer.run(request);
    } catch (const std::exception& error) {
      std::snprintf(reply.error.data(), reply.error.size(), "%s", error.what());
    }
    if (!send_whole(socket, reply)) break;
  }
  std::_Exit(0);
}

}  // namespace

ContestantProcess::ContestantProcess(std::string contestant, const RepetitionTimer::Make& make)
    : name_(std::move(contestant)) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw Error(fmt::format("no socket for the contestant {}: {}", name_, std::strerror(errno)));
  std::fflush(nullptr);  // so that nothing is printed twice
  const pid_t parent = ::getpid();
  id_ = ::fork();
  if (id_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) std::_Exit(0);
    ::close(ends[0]);
    serve(make, ends[1]);
  }
  const int reason = errno;
  ::close(ends[1]);
  socket_ = ends[0];
  if (id_ < 0) {
    ::close(socket_);
    throw Error(fmt::format("no process for the contestant {}: {}", name_, std::strerror(reason)));
  }
  stand_still();
}

ContestantProcess::~ContestantProcess() {
  ::close(socket_);
  ::kill(id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
}

void ContestantProcess::stand_still() {
  ::kill(id_, SIGSTOP);
  ::waitpid(id_, nullptr, WUNTRACED);  // until all its threads stand
}

Repetition ContestantProcess::run(const Request& request) {
  ::kill(id_, SIGCONT);
  Reply reply{};
  if (!send_whole(socket_, request) || !receive_whole(socket_, reply)) gone(request.group);
  stand_still();
  if (reply.error[0] != 0)
    throw Error(fmt::format("{} at {}: {}", name_, request.group.name(), reply.error.data()));
  return reply.repetition;
}

void ContestantProcess::gone(const Group& group) {
  int status = 0;
  ::kill(id_, SIGKILL);
  const bool known = ::waitpid(id_, &status, 0) == id_ && WIFSIGNALED(status);
  const int signal = known ? WTERMSIG(status) : 0;
  throw Error(
      fmt::format("{} at {}: its process ended{}", name_, group.name(),
                  known ? fmt::format(" by signal {} ({})", signal, ::strsignal(signal)) : ""));
}

}  // namespace bptt::bench
