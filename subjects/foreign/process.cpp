#include "subjects/foreign/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "subjects/foreign/patience.hpp"
#include "subjects/foreign/system_reason.hpp"

namespace bptt::foreign {
namespace {

constexpr std::size_t kept_output = 8192;   // bytes
constexpr std::size_t shown_output = 1200;  // bytes
constexpr int shown_lines = 8;
constexpr double time_to_end = 2;  // seconds of a worker that has closed its socket

/// Out of the way of the low numbers that the worker is given.
int moved_up(int descriptor) {
  const int moved = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 16);
  ::close(descriptor);
  if (moved < 0) throw CheckerError("no descriptor for a worker: " + system_reason());
  return moved;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
  std::vector<std::string> all = more;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('=') + 1);
    const bool replaced = std::any_of(more.begin(), more.end(), [&](const std::string& other) {
      return other.starts_with(name);
    });
    if (!replaced) all.emplace_back(text);
  }
  return all;
}

std::string full_path(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path == nullptr ? "" : path; !rest.empty();) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    std::string candidate = std::string(rest.substr(0, colon)) + "/" + program;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  throw Error("there is no program '" + program + "' in the PATH");
}

void set_limit(int resource, rlim_t value) {
  const rlimit limit{value, value};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

/// The sanitizers map terabytes that they never touch.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BPTT_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BPTT_SANITIZED
#endif
#ifdef BPTT_SANITIZED
constexpr bool limits_memory = false;
#else
constexpr bool limits_memory = true;
#endif

struct Child {
  const char* path;
  char* const* words;
  char* const* environment;
  int socket, segment, script, output;
  pid_t parent;
  std::uint64_t memory;
  bool may_limit;
};

/// Between fork and exec: system calls and nothing else, for other threads may hold any lock.
[[noreturn]] void become(const Child& c) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != c.parent) ::_exit(127);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  set_limit(RLIMIT_CORE, 0);
  if (c.memory > 0 && c.may_limit) set_limit(RLIMIT_AS, c.memory);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, 0);
  ::dup2(c.output, 1);
  ::dup2(c.output, 2);
  ::dup2(c.socket, socket_descriptor);
  ::dup2(c.segment, segment_descriptor);
  if (c.script >= 0) ::dup2(c.script, script_descriptor);
  ::close_range(c.script >= 0 ? script_descriptor + 1 : segment_descriptor + 1, ~0U, 0);
  ::execve(c.path, c.words, c.environment);
  constexpr std::string_view failed = "the program cannot be started: ";
  const char* why = ::strerrordesc_np(errno);
  (void)!::write(2, failed.data(), failed.size());
  if (why != nullptr) (void)!::write(2, why, std::strlen(why));
  ::_exit(127);
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : std::string("SIG") + name;
}

}  // namespace

std::optional<Answer> answer_of(std::span<const char> message) {
  Reply reply{};
  if (message.size() < sizeof reply) return std::nullopt;
  std::memcpy(&reply, message.data(), sizeof reply);
  if (reply.magic != magic || reply.status > static_cast<std::uint32_t>(Status::no_numpy))
    return std::nullopt;
  const auto text = message.subspan(sizeof reply);
  return Answer{static_cast<Status>(reply.status), std::string(text.begin(), text.end())};
}

Process::Process(const Program& program, int segment, const Options& options) : options_(options) {
  std::vector<std::string> words = program.words;
  std::vector<std::string> environment = environment_with(program.environment);
  const std::string path = full_path(words.front());
  const auto word_pointers = pointers(words), environment_pointers = pointers(environment);
  std::array<int, 2> ends{}, out{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw CheckerError("no socket for a worker: " + system_reason());
  if (::pipe2(out.data(), O_CLOEXEC) != 0)
    throw CheckerError("no pipe for a worker: " + system_reason());
  socket_ = ends[0];
  pipe_ = out[0];
  const int theirs = moved_up(ends[1]), output = moved_up(out[1]);
  const int shared = moved_up(::dup(segment));
  const int script = program.script < 0 ? -1 : moved_up(::dup(program.script));
  const Child child{path.c_str(),
                    word_pointers.data(),
                    environment_pointers.data(),
                    theirs,
                    shared,
                    script,
                    output,
                    ::getpid(),
                    options.memory_limit,
                    limits_memory || program.script >= 0};
  id_ = ::fork();
  if (id_ == 0) become(child);
  const std::string why = system_reason();
  for (const int descriptor : {theirs, output, shared, script})
    if (descriptor >= 0) ::close(descriptor);
  if (id_ < 0) throw CheckerError("no process for a worker: " + why);
  ::setpgid(id_, id_);  // whichever of the two is first
  ::fcntl(pipe_, F_SETFL, O_NONBLOCK);
  alive_ = static_cast<int>(
      ::syscall(SYS_pidfd_open, id_, 0));  // an old kernel has none: poll passes over -1
}

Process::~Process() {
  end();
  for (const int descriptor : {socket_, pipe_, alive_})
    if (descriptor >= 0) ::close(descriptor);
}

long Process::drain() {
  std::array<char, 65536> buffer{};
  long bytes = 0;
  // At most so much at a time: a worker that prints faster than this reads is not waited for.
  for (int k = 0; k < 16; ++k) {
    const ssize_t got = ::read(pipe_, buffer.data(), buffer.size());
    if (got <= 0) break;
    bytes += got;
    output_.append(buffer.data(), static_cast<std::size_t>(got));
    if (output_.size() > 2 * kept_output) output_.erase(0, output_.size() - kept_output);
  }
  return bytes;
}

std::string Process::output() const {
  std::string_view text = output_;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (text.size() > shown_output) text.remove_prefix(text.size() - shown_output);
  std::size_t from = text.size();
  for (int line = 0; line < shown_lines && from != std::string_view::npos && from > 0; ++line)
    from = text.rfind('\n', from - 1);
  if (from != std::string_view::npos && from < text.size() && text[from] == '\n')
    text.remove_prefix(from + 1);
  return std::string(text);
}

Answer Process::ask(const Request& request, double seconds, const std::string& what) {
  if (id_ < 0) throw SubjectFailure(Cause::crashed, "the worker of " + what + " is gone already");
  (void)drain();
  if (::send(socket_, &request, sizeof request, MSG_NOSIGNAL) != sizeof request) gone(what, "");
  Patience patience(id_, seconds, pipe_);
  std::string last_words;
  bool over = false;
  while (true) {
    // A process that the worker started may hold the socket when the worker has gone.
    std::array<pollfd, 3> ready{pollfd{socket_, POLLIN, 0}, pollfd{alive_, POLLIN, 0},
                                pollfd{pipe_, POLLIN, 0}};
    const int count = ::poll(ready.data(), pipe_ends_ ? 2 : 3, over ? 0 : Patience::slice());
    if (count < 0 && errno != EINTR)
      throw CheckerError("waiting for a worker failed: " + system_reason());
    if (count < 0) continue;
    if (ready[2].revents != 0) {
      patience.was_read(drain());
      pipe_ends_ = (ready[2].revents & POLLIN) == 0;
    }
    if (ready[0].revents != 0) {
      Answer answer;
      if (!receive(answer)) gone(what, last_words);
      if (answer.status != Status::crashing) return answer;
      last_words = answer.text;
      continue;
    }
    if (ready[1].revents != 0) gone(what, last_words);
    // It may have answered since, or have ended: one more look.
    if (!over) {
      over = patience.over();
      continue;
    }
    end();
    (void)drain();
    throw SubjectFailure(Cause::timed_out,
                         fmt::format("no answer of {} within {:g} s", what, seconds), output());
  }
}

bool Process::receive(Answer& answer) {
  std::array<char, sizeof(Reply) + longest_text> message{};
  const ssize_t got = ::recv(socket_, message.data(), message.size(), 0);
  if (got <= 0) return false;
  (void)drain();
  auto said = answer_of(std::span(message).first(static_cast<std::size_t>(got)));
  if (!said) {
    end();
    throw SubjectFailure(Cause::garbled, "what came is no answer of the protocol", output());
  }
  answer = std::move(*said);
  return true;
}

void Process::end() {
  if (id_ < 0) return;
  ::kill(-id_, SIGKILL);
  (void)reap();
}

int Process::reap() {
  int status = 0;
  ::kill(id_, SIGKILL);  // no harm to one that has ended by itself
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  id_ = -1;
  return status;
}

void Process::gone(const std::string& what, const std::string& last_words) {
  // It has closed its socket, so that it is about to end. What it started goes with it, before
  // its number may serve another process.
  siginfo_t info{};
  Patience patience(id_, time_to_end, pipe_);
  while (true) {
    ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (info.si_pid != 0 || patience.over()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    patience.was_read(drain());
  }
  ::kill(-id_, SIGKILL);
  const int ended = reap();
  (void)drain();
  if (info.si_pid == 0)
    throw SubjectFailure(Cause::garbled, what + " closed the connection to this program", output());
  if (WIFEXITED(ended))
    throw SubjectFailure(
        Cause::exited,
        what + " ended the process with status " + std::to_string(WEXITSTATUS(ended)), output());
  const std::string ending = signal_name(WTERMSIG(ended)) + " in " + what;
  if (last_words.starts_with(no_memory))
    throw SubjectFailure(Cause::out_of_memory,
                         fmt::format("an allocation failed at the limit of {} MiB, then {}",
                                     options_.memory_limit >> 20U, ending),
                         output());
  throw SubjectFailure(
      Cause::crashed,
      ending + (last_words.empty() ? "" : " " + last_words) +
          (WTERMSIG(ended) == SIGKILL ? ", which the system sends when memory runs out" : ""),
      output());
}

}  // namespace bptt::foreign
