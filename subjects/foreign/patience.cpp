#include "subjects/foreign/patience.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace bptt::foreign {

Patience::Patience(pid_t worker, double seconds) : worker_(worker), left_(seconds), last_(look()) {}

Patience::Look Patience::look() const {
  Look now;
  now.at = std::chrono::steady_clock::now();
  std::ifstream file("/proc/" + std::to_string(worker_) + "/stat");
  std::string text;
  std::getline(file, text);
  // The second field is the name in parentheses, which may hold anything.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return now;
  std::istringstream fields(text.substr(name_end + 1));
  std::string unused;
  fields >> now.state;
  for (int field = 4; field < 14; ++field) fields >> unused;
  double user = 0, system = 0;
  fields >> user >> system;
  now.cpu = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return now;
}

bool Patience::over() {
  const auto since = std::chrono::steady_clock::now() - last_.at;
  const double wall = std::chrono::duration<double>(since).count();
  if (wall < 0.9e-3 * slice()) return false;
  const Look now = look();
  const double cpu = std::max(0.0, now.cpu - last_.cpu);
  // This program may have been stopped itself: a slice of its own is all that is then known.
  const double slept = heard_ ? 0 : std::min(wall, 4e-3 * slice());
  heard_ = false;
  const bool stopped = now.state == 'T' || now.state == 't';
  const bool waits_for_processor = now.state == 'R' && cpu == 0;
  if (!stopped) left_ -= cpu > 0 ? std::min(cpu, wall) : waits_for_processor ? 0 : slept;
  last_ = now;
  return left_ <= 0;
}

}  // namespace bptt::foreign
