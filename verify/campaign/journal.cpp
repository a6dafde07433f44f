#include "verify/campaign/journal.hpp"

#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "core/error.hpp"
#include "verify/campaign/identity.hpp"
#include "verify/campaign/judged_json.hpp"

namespace bptt::verify {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* head = R"({"bptt-verify journal":1})";

std::string reason() { return std::generic_category().message(errno); }

}  // namespace

Journal::Journal(std::filesystem::path file) : file_(std::move(file)) {
  out_.reset(std::fopen(file_.c_str(), "a"));
  if (!out_) throw Error("cannot write " + file_.string() + ": " + reason());
  if (flock(fileno(out_.get()), LOCK_EX | LOCK_NB) != 0)
    throw Error("another process writes to the journal " + file_.string());
  std::ifstream in(file_, std::ios::binary);
  std::string line;
  if (!std::getline(in, line)) {
    write(head);
  } else if (line != head || in.eof()) {
    throw Error(file_.string() + " is no journal: its first line is not " + head);
  }
}

void Journal::begin(const std::string& subject, const CampaignOptions& options,
                    const std::vector<Lane>& lanes, const std::function<void(Entry&&)>& known) {
  const Json wanted = {{"campaign", identity(subject, options, lanes)}};
  std::ifstream in(file_, std::ios::binary);
  std::string line;
  std::getline(in, line);
  bool ours = false;
  std::uintmax_t whole = line.size() + 1;
  for (int number = 2; std::getline(in, line); ++number) {
    if (in.eof()) {  // cut off
      std::filesystem::resize_file(file_, whole);
      break;
    }
    whole += line.size() + 1;
    if (!ours && !line.starts_with('{')) continue;  // another campaign's: a journal may be long
    try {
      const Json entry = Json::parse(line);
      if (entry.is_object()) {
        ours = entry == wanted;
      } else if (ours && entry.at(2) != name_of(properties::Outcome::broken)) {
        Entry one{entry.at(0).get<std::size_t>(), entry.at(1).get<int>(), judged_of(entry, 2), {}};
        if (entry.back().is_object())
          for (const auto& [name, plans] : entry.back().items())
            one.paths.push_back({name, plans.get<long long>()});
        if (one.lane >= lanes.size() || one.k < 0) throw Error("there is no such case");
        known(std::move(one));
      }
    } catch (const std::exception& error) {
      throw Error(
          fmt::format("line {} of the journal {}: {}", number, file_.string(), error.what()));
    }
  }
  write(wanted.dump());
}

void Journal::add(std::size_t lane, int k, const Judged& judged,
                  const std::vector<TakenPath>& paths) {
  Json entry = {lane, k};
  append(entry, judged);
  if (!paths.empty()) {
    Json taken = Json::object();
    for (const TakenPath& path : paths) taken[path.name] = path.plans;
    entry.push_back(std::move(taken));
  }
  // What a subject says may be no UTF-8.
  write(entry.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void Journal::write(const std::string& line) {
  std::FILE* out = out_.get();
  if (std::fputs(line.c_str(), out) < 0 || std::fputc('\n', out) < 0 || std::fflush(out) != 0)
    throw Error("cannot write " + file_.string() + ": " + reason());
}

}  // namespace bptt::verify
