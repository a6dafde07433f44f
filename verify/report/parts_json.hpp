// The parts of a campaign in its JSON report, and read from it again, so that `merge` puts together
// what many machines have judged. The fields are described in docs/json.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "verify/campaign/parts.hpp"

namespace bptt::verify {

[[nodiscard]] nlohmann::ordered_json as_json(const Failure& failure);
[[nodiscard]] nlohmann::ordered_json as_json(const Parts& parts);

/// What a report of `check --shard` or `merge` says of one subject.
struct PartsOfSubject {
  std::string subject;
  std::uint64_t seed = 0;
  std::vector<Row> rows;  // of the campaign, by lane: which rows they are, without what was found
  Parts parts;
};

/// Reads a document of `check` or `merge`. Throws Error, with the file's name, if it is none, or of
/// a whole campaign.
[[nodiscard]] std::vector<PartsOfSubject> read_parts(const std::string& text,
                                                     const std::string& file);

/// Adds what another document says of the same subject; a part that is there already counts once.
/// `files` are their names, for Error if they are of different campaigns: it says in what they
/// differ.
void join(PartsOfSubject& all, PartsOfSubject more, const std::string& file_of_all,
          const std::string& file_of_more);

}  // namespace bptt::verify
