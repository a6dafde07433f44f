#include "verify/campaign/journal.hpp"

#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "core/error.hpp"

namespace bptt::verify {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* head = R"({"bptt-verify journal":1})";

std::string reason() { return std::generic_category().message(errno); }

/// Of what a file holds, wherever it is: FNV-1a.
std::string fingerprint(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::uint64_t hash = 0xcbf29ce484222325U;
  std::vector<char> bytes(1 << 16);
  while (in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) || in.gcount() > 0)
    for (std::streamsize k = 0; k < in.gcount(); ++k)
      hash =
          (hash ^ static_cast<unsigned char>(bytes[static_cast<std::size_t>(k)])) * 0x100000001b3U;
  return fmt::format("{:016x}", hash);
}

/// All on which case k of a row depends, and what the rows are.
Json identity(const std::string& programs, const std::string& subject,
              const CampaignOptions& options, const std::vector<Lane>& lanes) {
  Json rows = Json::array();
  for (const Lane& lane : lanes)
    rows.push_back(label_of(lane.row) + " " + std::string(bptt::name_of(lane.row.cell)) + " " +
                   std::string(bptt::name_of(lane.row.scalar)));
  return {{"subject", subject},
          {"programs", programs},
          {"seed", options.seed},
          {"max_size", options.max_size.value_or(0)},
          {"regime", options.regime ? name_of(*options.regime) : ""},
          {"problem", options.problem ? to_string(*options.problem) : ""},
          {"rows", std::move(rows)}};
}

/// JSON has no infinity, which is the ratio of an error to a bound of zero.
Json ratio_json(const std::optional<double>& ratio) {
  if (!ratio) return nullptr;
  return std::isfinite(*ratio) ? Json(*ratio) : Json("inf");
}
std::optional<double> ratio_of(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::infinity();
}

Judged judged_of(const Json& entry) {
  using properties::Outcome;
  Judged judged;
  const auto& outcome = entry.at(2).get_ref<const std::string&>();
  for (const Outcome each : {Outcome::held, Outcome::inconclusive, Outcome::not_judged})
    if (name_of(each) == outcome) judged.outcome = each;
  judged.compared = entry.at(3).get<long long>();
  judged.trivial = entry.at(4).get<long long>();
  judged.ratio = ratio_of(entry.at(5));
  judged.seen_from = entry.at(6).get<double>();
  for (int k = 0; k < properties::regime_count; ++k)
    if (const auto regime = static_cast<properties::Regime>(k); entry.at(7) == name_of(regime))
      judged.regime = regime;
  if (entry.size() > 8) judged.text = entry.at(8).get<std::string>();
  return judged;
}

}  // namespace

Journal::Journal(std::filesystem::path file, const std::vector<std::filesystem::path>& programs)
    : file_(std::move(file)) {
  for (const auto& program : programs)
    programs_ += (programs_.empty() ? "" : "; ") + fingerprint(program);
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

std::vector<Journal::Entry> Journal::begin(const std::string& subject,
                                           const CampaignOptions& options,
                                           const std::vector<Lane>& lanes) {
  const Json wanted = {{"campaign", identity(programs_, subject, options, lanes)}};
  std::vector<Entry> known;
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
        known.push_back({entry.at(0).get<std::size_t>(), entry.at(1).get<int>(), judged_of(entry)});
        if (known.back().lane >= lanes.size() || known.back().k < 0)
          throw Error("there is no such case");
      }
    } catch (const std::exception& error) {
      throw Error(
          fmt::format("line {} of the journal {}: {}", number, file_.string(), error.what()));
    }
  }
  write(wanted.dump());
  return known;
}

void Journal::add(std::size_t lane, int k, const Judged& judged) {
  Json entry = {lane,
                k,
                name_of(judged.outcome),
                judged.compared,
                judged.trivial,
                ratio_json(judged.ratio),
                judged.seen_from,
                judged.regime ? name_of(*judged.regime) : ""};
  if (!judged.text.empty()) entry.push_back(judged.text);
  // What a subject says may be no UTF-8.
  write(entry.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void Journal::write(const std::string& line) {
  std::FILE* out = out_.get();
  if (std::fputs(line.c_str(), out) < 0 || std::fputc('\n', out) < 0 || std::fflush(out) != 0)
    throw Error("cannot write " + file_.string() + ": " + reason());
}

}  // namespace bptt::verify
