#include "subjects/foreign/library_worker.hpp"

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "subjects/foreign/bptt_subject.h"
#include "subjects/foreign/description.hpp"
#include "subjects/foreign/library_call.hpp"
#include "subjects/foreign/protocol.hpp"

namespace bptt::foreign {
namespace {

void reply(Status status, const std::string& text) {
  std::vector<char> message(sizeof(Reply) + std::min(text.size(), longest_text));
  const Reply head{magic, static_cast<std::uint32_t>(status)};
  std::memcpy(message.data(), &head, sizeof head);
  std::memcpy(message.data() + sizeof head, text.data(), message.size() - sizeof head);
  (void)!::send(socket_descriptor, message.data(), message.size(), MSG_NOSIGNAL);
}

// ---- What is said when a signal ends the process ------------------------------------------------

/// Says where, in a handler: nothing here allocates or locks. errno is still that of the code that
/// was interrupted, so that a failed allocation before the crash shows.
void last_words(int signal, siginfo_t* info, void*) {
  const bool failed_allocation = errno == ENOMEM;
  struct {
    Reply head;
    char text[80];
  } message{{magic, static_cast<std::uint32_t>(Status::crashing)}, {}};
  std::size_t size = 0;
  const auto append = [&](const char* text) {
    for (; *text != '\0' && size < sizeof message.text; ++text) message.text[size++] = *text;
  };
  if (failed_allocation) append(no_memory);
  if (signal == SIGSEGV || signal == SIGBUS) {
    append("at address 0x");
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    bool any = false;
    for (int shift = 60; shift >= 0; shift -= 4) {
      const auto digit = address >> static_cast<unsigned>(shift) & 15U;
      any = any || digit != 0 || shift == 0;
      const char letter[2] = {"0123456789abcdef"[digit], '\0'};
      if (any) append(letter);
    }
  }
  (void)!::send(socket_descriptor, &message, sizeof message.head + size, MSG_NOSIGNAL);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void install_last_words() {
  static std::array<char, 65536> stack;  // a stack overflow leaves no other
  stack_t alternative{};
  alternative.ss_sp = stack.data();
  alternative.ss_size = stack.size();
  ::sigaltstack(&alternative, nullptr);
  struct sigaction action {};
  action.sa_sigaction = last_words;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    ::sigaction(signal, &action, nullptr);
}

// ---- The library --------------------------------------------------------------------------------

struct Library {
  void* handle = nullptr;
  bptt_description description{};
  LibraryFunctions functions;
  decltype(&bptt_close) close = nullptr;

  [[nodiscard]] bool by_names() const { return description.cells != nullptr; }

  template <class F>
  void find(const char* name, F& function, const std::string& needed_by) {
    function = reinterpret_cast<F>(::dlsym(handle, name));
    if (function == nullptr && !needed_by.empty())
      throw LoadError("it exports no " + std::string(name) + ", which " + needed_by);
  }
};

constexpr const char* how =
    "\nA subject includes bptt_subject.h and exports what it says; docs/bring_your_own.md and "
    "examples/foreign/ have complete programs.";

Library load(const std::string& path) {
  Library library;
  library.handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library.handle == nullptr) {
    const char* why = ::dlerror();
    throw LoadError("it cannot be loaded: " + std::string(why == nullptr ? "unknown" : why));
  }
  decltype(&bptt_subject_version) version = nullptr;
  decltype(&bptt_subject_describe) describe = nullptr;
  library.find("bptt_subject_version", version, "every subject has" + std::string(how));
  if (const int theirs = version(); theirs < 1 || theirs > BPTT_SUBJECT_VERSION)
    throw LoadError("it is written for version " + std::to_string(theirs) +
                    " of bptt_subject.h, this program for version " +
                    std::to_string(BPTT_SUBJECT_VERSION) +
                    ": compile it again with the header that comes with this program");
  library.find("bptt_subject_describe", describe, "every subject has" + std::string(how));
  library.description.tanh_ulp = 2;
  library.description.sigmoid_ulp = 3;
  describe(&library.description);
  require_description(library.description);
  if (library.by_names()) {
    const std::string why = "whoever names cells exports";
    library.find("bptt_forward", library.functions.forward, why);
    library.find("bptt_backward", library.functions.backward, why);
    library.find("bptt_close", library.close, "");
    return library;
  }
  const bool rnn = (library.description.flags & BPTT_RNN) != 0;
  const bool lstm = (library.description.flags & BPTT_LSTM) != 0;
  if (rnn) library.find("bptt_rnn_forward", library.functions.rnn_forward, "BPTT_RNN promises");
  if (rnn) library.find("bptt_rnn_backward", library.functions.rnn_backward, "BPTT_RNN promises");
  if (lstm) library.find("bptt_lstm_forward", library.functions.lstm_forward, "BPTT_LSTM promises");
  if (lstm)
    library.find("bptt_lstm_backward", library.functions.lstm_backward, "BPTT_LSTM promises");
  library.find("bptt_close", library.close, "");
  return library;
}

// ---- One call -----------------------------------------------------------------------------------

class Memory {
 public:
  /// The shared memory at its present size.
  char* at(std::size_t bytes) {
    if (bytes != size_) {
      if (data_ != nullptr) ::munmap(data_, size_);
      void* mapped =
          ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, segment_descriptor, 0);
      if (mapped == MAP_FAILED) throw std::bad_alloc();
      data_ = static_cast<char*>(mapped);
      size_ = bytes;
    }
    return data_;
  }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

struct Sessions {
  std::uint64_t number = 0;
  void* kept = nullptr;

  void enter(std::uint64_t session, const Library& library) {
    if (session == number) return;
    if (kept != nullptr && library.close != nullptr) library.close(kept);
    kept = nullptr;
    number = session;
  }
};

using ErrorText = std::array<char, 2048>;

int call_by_names(const Request& r, const Library& library, const CallArrays& arrays,
                  Sessions& sessions, ErrorText& error) {
  constexpr std::array activations{"tanh", "relu", "identity"};
  const std::string cell(r.cell_name, ::strnlen(r.cell_name, sizeof r.cell_name));
  const CallSizes sizes({r.sizes, ::strnlen(r.sizes, sizeof r.sizes)});
  bptt_call call{};
  call.cell = cell.c_str();
  call.activation = activations[r.activation % activations.size()];
  call.scalar = static_cast<std::int32_t>(r.scalar);
  call.error = error.data();
  call.error_size = static_cast<std::int64_t>(error.size());
  return call_library(library.functions, &sessions.kept, call, arrays, sizes,
                      r.operation == static_cast<std::uint32_t>(Operation::forward));
}

int call_by_structs(const Request& r, const Library& library, const CallArrays& arrays,
                    Sessions& sessions, ErrorText& error) {
  bptt_problem problem{};
  problem.cell = static_cast<std::int32_t>(r.cell);
  problem.scalar = static_cast<std::int32_t>(r.scalar);
  problem.activation = static_cast<std::int32_t>(r.activation);
  problem.n_x = r.n_x;
  problem.n_a = r.n_a;
  problem.m = r.m;
  problem.T_x = r.T_x;
  problem.T_da = r.T_da;
  problem.error = error.data();
  problem.error_size = static_cast<std::int64_t>(error.size());
  return call_library(library.functions, &sessions.kept, problem, arrays,
                      r.operation == static_cast<std::uint32_t>(Operation::forward));
}

void serve(const Request& r, const Library& library, Memory& memory, Sessions& sessions) {
  sessions.enter(r.session, library);
  const CallArrays arrays(std::span(memory.at(r.segment_bytes), r.segment_bytes), r.arrays,
                          r.scalar == BPTT_SCALAR_F32 ? sizeof(float) : sizeof(double));
  ErrorText error{};
  errno = 0;
  const int status =
      (library.by_names() ? call_by_names : call_by_structs)(r, library, arrays, sessions, error);
  error.back() = '\0';
  const std::string text = error.data();
  switch (status) {
    case BPTT_OK: return reply(Status::ok, "");
    case BPTT_WRONG_SHAPE: return reply(Status::refused_shape, text);
    case BPTT_NO_MEMORY: return reply(Status::out_of_memory, "it returned BPTT_NO_MEMORY: " + text);
    default:
      return reply(Status::raised, "it returned " + std::to_string(status) +
                                       (text.empty() ? " without a word" : ": " + text));
  }
}

/// Until the program has gone.
void serve_all(const std::string& path) {
  Library library;
  Memory memory;
  Sessions sessions;
  Request request{};
  while (::recv(socket_descriptor, &request, sizeof request, 0) == sizeof request) {
    try {
      if (request.operation == static_cast<std::uint32_t>(Operation::describe)) {
        library = load(path);
        reply(Status::ok, text_of(library.description));
      } else {
        serve(request, library, memory, sessions);
      }
    } catch (const LoadError& error) {
      reply(Status::cannot_load, error.what());
    } catch (const std::bad_alloc&) {
      reply(Status::out_of_memory, "std::bad_alloc");
    } catch (const std::exception& error) {
      reply(Status::raised, std::string("an exception left it: ") + error.what());
    } catch (...) {
      reply(Status::raised, "an exception left it that is no std::exception");
    }
  }
}

}  // namespace

std::optional<int> worker_main(int argc, char** argv) noexcept {
  if (argc != 3 || std::strcmp(argv[1], library_worker_command) != 0) return std::nullopt;
  install_last_words();
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // what was printed before a crash is kept
  serve_all(argv[2]);
  ::_exit(0);
}

}  // namespace bptt::foreign
