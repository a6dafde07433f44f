// bptt-verify merge: one report of those of a campaign's parts.
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/error.hpp"
#include "core/whole_file.hpp"
#include "verify/commands/command.hpp"
#include "verify/report/json.hpp"
#include "verify/report/junit.hpp"
#include "verify/report/markdown.hpp"
#include "verify/report/parts_json.hpp"
#include "verify/report/summary.hpp"

namespace bptt::verify {
namespace {

std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error("cannot read " + file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

int run_merge(const Arguments& arguments) {
  require_folder_of("--json", arguments.json);
  require_folder_of("--junit", arguments.junit);
  require_folder_of("--markdown", arguments.markdown);
  std::vector<PartsOfSubject> subjects;
  std::vector<std::string> first_file;  // of each
  for (const std::string& file : arguments.words)
    for (PartsOfSubject& more : read_parts(text_of(file), file)) {
      const auto at = std::find_if(subjects.begin(), subjects.end(), [&](const PartsOfSubject& s) {
        return s.subject == more.subject;
      });
      if (at == subjects.end()) {
        subjects.push_back(std::move(more));
        first_file.push_back(file);
      } else {
        join(*at, std::move(more), first_file[static_cast<std::size_t>(at - subjects.begin())],
             file);
      }
    }

  const Style style(coloured(arguments.colour, STDOUT_FILENO));
  std::vector<Report> reports;
  bool broken = false, judged = false, whole = true;
  for (const PartsOfSubject& of : subjects) {
    Report report = report_of(of.parts, of.rows);
    report.subject = of.subject;
    report.seed = of.seed;
    print((reports.empty() ? "" : "\n") +
          (arguments.rows ? table_of(report, style) : summary_of(report, style)));
    broken = broken || broken_rows(report) > 0;
    judged = judged || total(report).judged() > 0;
    whole = whole && report.parts == nullptr;
    reports.push_back(std::move(report));
  }
  if (!arguments.json.empty()) write_whole(arguments.json, json_of(reports, BPTT_VERSION));
  if (!arguments.junit.empty()) write_whole(arguments.junit, junit_of(reports));
  if (!arguments.markdown.empty()) write_whole(arguments.markdown, markdown_of(reports));
  return status_of(broken, judged && whole);
}

void add_merge(CLI::App& app, Arguments& a) {
  app.add_option("REPORT", a.words, "What check --shard I/N --json has written, or merge itself")
      ->required()
      ->type_name("FILE");
  app.add_option("--json", a.json, "Writes the report there, whole or not at all")
      ->type_name("FILE");
  app.add_option("--junit", a.junit, "Writes it as JUnit XML")->type_name("FILE");
  app.add_option("--markdown", a.markdown, "Writes a summary in markdown")->type_name("FILE");
  app.add_flag("--rows", a.rows, "Prints every row too, and not only those that are broken");
  app.footer(
      "Examples:\n"
      "  bptt-verify check optimized --cases 1000 --shard 1/2 --json part1.json\n"
      "  bptt-verify check optimized --cases 1000 --shard 2/2 --json part2.json\n"
      "  bptt-verify merge part1.json part2.json --json report.json\n"
      "It is the report of the same check without --shard, but for times. A part given twice "
      "counts\n"
      "once; parts of other campaigns are refused. Exit status: 1 something is broken; 2 nothing "
      "is,\n"
      "but parts are missing, and it says which; the report can be merged with them later.");
}

}  // namespace bptt::verify
