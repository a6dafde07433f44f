// A journal: a file to which a campaign adds every case that it has judged, so that the same
// campaign, begun again after whatever ended it, goes on from there. Journals of its shards, one
// after another in one file, are the journal of the whole.
//
// Lines of JSON. {"campaign": ..} says whose cases follow; [row, k, outcome, compared, trivial,
// ratio, seen_from, regime] is one of them, the rows numbered as the campaign lists them; a text
// and the ways through the fast kernels, with how many plans took them, may follow. A line that was
// cut off by the end of the process is removed.
#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "verify/campaign/lanes.hpp"

namespace bptt::verify {

class Journal {
 public:
  /// Opens a file, or begins it.
  /// Throws Error if the file is no journal, cannot be written, or another process has it open.
  explicit Journal(std::filesystem::path file);

  struct Entry {
    std::size_t lane;
    int k;
    Judged judged;
    std::vector<TakenPath> paths;  // that were taken for it
  };
  /// Tells what is known of the campaign with these lanes, in the order of the file; what is added
  /// from now on is of it. Broken cases are not known: they are judged again, and so have all that
  /// there is to be said of them.
  void begin(const std::string& subject, const CampaignOptions& options,
             const std::vector<Lane>& lanes, const std::function<void(Entry&&)>& known);
  /// On its way to the disk when this returns: lost with the machine's power, not with the process.
  void add(std::size_t lane, int k, const Judged& judged, const std::vector<TakenPath>& paths);

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void write(const std::string& line);

  std::filesystem::path file_;
  std::unique_ptr<std::FILE, Closer> out_;
};

}  // namespace bptt::verify
