#include "verify/report/html/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/embedded_file.hpp"
#include "core/error.hpp"
#include "verify/report/html/assets.hpp"
#include "verify/report/html/sections.hpp"

namespace bptt::verify::html {
namespace {

struct Part {
  Kind kind;
  const char *id, *heading, *how_to_get;
  std::string (*html)(const Document&, std::size_t);
};

// In the order of the page. Verdict and what is wrong come first.
const Part parts[] = {
    {Kind::check, "check", "", "bptt-verify check --json FILE", check_section},
    {Kind::matrix, "matrix", "Which property finds which fault", "bptt-verify matrix --json FILE",
     matrix_section},
    {Kind::scaling, "scaling", "Time against steps: one pass, or one walk for each loss",
     "bptt_bench --scaling FILE", scaling_section},
    {Kind::bench, "bench", "Speed beside others", "bptt_bench --record FILE", bench_section},
    {Kind::history, "history", "History", "", history_section}};

/// For a script element: nothing in it can end it, and JSON reads the same.
std::string embedded(std::string_view json) {
  std::string result;
  for (const char c : json)
    if (c == '<')
      result += "\\u003c";
    else
      result += c;
  return result;
}

std::string_view asset(std::string_view name) {
  for (const EmbeddedFile& file : assets())
    if (file.name == name) return file.text();
  throw Error("the program lacks its file " + std::string(name));
}

std::string head_of(const std::string& title) {
  // Nothing is fetched: the policy refuses what is not in the page.
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light "
      "dark\">\n<title>{}</title>\n<style>\n{}</style>\n"
      "</head>\n<body>\n",
      escaped(title), asset("style"));
}

std::string header_of(const Verdict& verdict, std::string_view program) {
  const bool broken = verdict.outcome == "broken", held = verdict.outcome == "held";
  return fmt::format(
      "<header class=\"verdict {}\" data-outcome=\"{}\">\n<h1><span aria-hidden=\"true\">{}</span> "
      "{}</h1>\n<p>{}</p>\n<p class=\"program\">bptt-verify {}</p>\n</header>\n",
      broken ? "bad"
      : held ? "good"
             : "open",
      escaped(verdict.outcome),
      broken ? "&#x2717;"
      : held ? "&#x2713;"
             : "&#x25CB;",
      escaped(verdict.sentence), escaped(verdict.more), escaped(program));
}

}  // namespace

std::string page_of(const std::vector<Document>& documents, std::string_view program) {
  if (documents.empty()) throw FormatError("a page needs at least one document");
  Verdict verdict{"none", "What was measured", "No check is among the documents: no verdict."};
  std::string body, contents, missing, data;
  for (const Part& part : parts) {
    const auto is_of_part = [&](const Document& d) { return d.kind == part.kind; };
    const auto found = std::find_if(documents.begin(), documents.end(), is_of_part);
    if (found == documents.end()) {
      missing += fmt::format("<li>{}: {}</li>\n", *part.heading == 0 ? "Verdict" : part.heading,
                             *part.how_to_get == 0 ? "a document bptt-verify/track-history"
                                                   : command(part.how_to_get));
      continue;
    }
    if (const auto again = std::find_if(found + 1, documents.end(), is_of_part);
        again != documents.end())
      throw FormatError(fmt::format("{} and {} are both of the kind {}; a page shows one",
                                    found->source, again->source, name_of(part.kind)));
    const auto place = static_cast<std::size_t>(found - documents.begin());
    try {
      if (part.kind == Kind::check) verdict = verdict_of(found->json);
      const std::string html = part.html(*found, place);
      body +=
          fmt::format("<section id=\"{}\">\n{}{}</section>\n", part.id,
                      *part.heading == 0 ? "" : fmt::format("<h2>{}</h2>\n", part.heading), html);
    } catch (const Json::exception& error) {
      throw FormatError(found->source + ": " + error.what());
    }
    contents += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", part.id,
                            *part.heading == 0 ? "Check" : part.heading);
    data += fmt::format(
        "<li>{0} <button type=\"button\" hidden class=\"save\" data-document=\"{1}\" "
        "data-file=\"{2}.json\">Save {2}.json</button></li>\n",
        escaped(std::filesystem::path(found->source).filename().string()), place,
        name_of(part.kind));
  }

  std::string html = head_of(verdict.sentence) + header_of(verdict, program);
  if (documents.size() > 1) html += "<nav aria-label=\"Parts\"><ul>\n" + contents + "</ul></nav>\n";
  html += "<main>\n" + body;
  if (!missing.empty())
    html +=
        "<section id=\"missing\"><h2>Not on this page</h2>\n<p>Give these documents to "
        "bptt-verify report to have them here:</p>\n<ul class=\"plain\">\n" +
        missing + "</ul></section>\n";
  html +=
      "<section id=\"data\"><h2>Data</h2>\n<p>All that is shown is in this page as it was "
      "read:</p>\n<ul class=\"plain\">\n" +
      data + "</ul></section>\n</main>\n";
  const std::string_view licences = asset("licences");
  html += "<footer>" +
          details(licences.substr(0, licences.find('\n')),
                  "<pre tabindex=\"0\">" + escaped(licences) + "</pre>") +
          "</footer>\n";
  for (std::size_t k = 0; k < documents.size(); ++k)
    html += fmt::format("<script type=\"application/json\" id=\"document-{}\">{}</script>\n", k,
                        embedded(documents[k].text));
  for (const char* script : {"plot.min", "drawing", "ratios", "shapes", "maps", "matrix", "scaling",
                             "speed", "history", "start"})
    html += fmt::format("<script>\n{}</script>\n", asset(script));
  return html + "</body>\n</html>\n";
}

}  // namespace bptt::verify::html
