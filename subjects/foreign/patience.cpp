#include "subjects/foreign/patience.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace bptt::foreign {
namespace {

constexpr int deepest = 16;  // of processes that start processes

/// Of a process or a thread, as in /proc/../stat.
struct Stat {
  char state = 'S';
  double cpu = 0;  // seconds, with those of children that it has waited for
};

Stat stat_in(const std::string& folder) {
  Stat stat;
  std::ifstream file(folder + "/stat");
  std::string text;
  std::getline(file, text);
  // The second field is the name in parentheses, which may hold anything.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return stat;
  std::istringstream fields(text.substr(name_end + 1));
  std::string unused;
  fields >> stat.state;
  for (int field = 4; field < 14; ++field) fields >> unused;
  double user = 0, system = 0, childrens_user = 0, childrens_system = 0;
  fields >> user >> system >> childrens_user >> childrens_system;
  stat.cpu = (user + system + childrens_user + childrens_system) /
             static_cast<double>(::sysconf(_SC_CLK_TCK));
  return stat;
}

/// Of a process and all that it started, as far as it is still below it.
struct Family {
  double cpu = 0;
  bool waits = false;  // one of the threads: for a processor, or for a disk
};

void add(const std::string& process, int depth, Family& family) {
  const std::string folder = "/proc/" + process;
  family.cpu += stat_in(folder).cpu;
  std::error_code gone;
  for (std::filesystem::directory_iterator thread(folder + "/task", gone), end;
       !gone && thread != end; thread.increment(gone)) {
    const char state = stat_in(thread->path().string()).state;
    family.waits = family.waits || state == 'R' || state == 'D';
    std::ifstream children(thread->path() / "children");  // not every kernel has it
    for (std::string child; depth < deepest && children >> child;) add(child, depth + 1, family);
  }
}

}  // namespace

Patience::Patience(pid_t worker, double seconds, int output)
    : worker_(worker), left_(seconds), output_(output), last_(look()) {}

/// Half of what it holds: the kernel leaves pages partly empty, and two neighbours hold more than
/// one page between them.
bool Patience::fills_pipe(long bytes) const {
  const int capacity = output_ < 0 ? -1 : ::fcntl(output_, F_GETPIPE_SZ);
  return capacity > 0 && 2 * bytes >= capacity;
}

Patience::Look Patience::look() const {
  Look now;
  Family family;
  add(std::to_string(worker_), 0, family);
  now.cpu = family.cpu;
  const char state = stat_in("/proc/" + std::to_string(worker_)).state;
  now.stopped = state == 'T' || state == 't';
  // After its state: what a sleeping worker waits for is still there.
  int unread = 0;
  if (output_ >= 0 && ::ioctl(output_, FIONREAD, &unread) != 0) unread = 0;
  now.sleeps = !now.stopped && !family.waits && !fills_pipe(unread);
  now.at = std::chrono::steady_clock::now();
  return now;
}

void Patience::was_read(long bytes) {
  if (fills_pipe(bytes)) last_.sleeps = false;
}

bool Patience::over() {
  const auto since = std::chrono::steady_clock::now() - last_.at;
  const double wall = std::chrono::duration<double>(since).count();
  if (wall < 0.9e-3 * slice()) return false;
  const Look now = look();
  const double cpu = std::max(0.0, now.cpu - last_.cpu);
  // This program may have been stopped itself: a slice of its own is all that is then known.
  const double slept = last_.sleeps && now.sleeps ? std::min(wall, 4e-3 * slice()) : 0;
  if (!now.stopped) left_ -= cpu > 0 ? std::min(cpu, wall) : slept;
  last_ = now;
  return left_ <= 0;
}

}  // namespace bptt::foreign
