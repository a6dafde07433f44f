// bptt-verify report: one page of the documents that other commands and programs write.
#include "core/whole_file.hpp"
#include "verify/commands/command.hpp"
#include "verify/commands/inputs.hpp"
#include "verify/report/html/page.hpp"

namespace bptt::verify {

int run_report(const Arguments& arguments) {
  require_folder_of("--html", arguments.html);
  std::vector<html::Document> documents;
  for (const std::string& file : arguments.words)
    documents.push_back(html::document_of(text_given(file), file));
  write_whole(arguments.html, html::page_of(documents, BPTT_VERSION));
  return all_held;
}

void add_report(CLI::App& app, Arguments& a) {
  app.add_option("DOCUMENT", a.words, "What is to be shown, told apart by what stands in it")
      ->required()
      ->type_name("FILE.json");
  app.add_option("--html", a.html, "The page, written whole or not at all")
      ->required()
      ->type_name("FILE");
  app.footer(
      "Documents: check --json, matrix --json, bptt_bench --scaling, bptt_bench --record (of "
      "which\n"
      "the last line is shown), bptt-verify/track-history; at most one of each.\n"
      "The page needs nothing else: it can be kept, sent and printed. Exit status: 0 written "
      "(also\n"
      "where the check found something broken), 2 it could not be.\n"
      "Examples:\n"
      "  bptt-verify check --html report.html             the check alone\n"
      "  bptt-verify report --html report.html check.json docs/kill_matrix.json\n"
      "  bptt-verify report --html report.html docs/images/scaling.json "
      "bench/history/x86_64.jsonl");
}

}  // namespace bptt::verify
