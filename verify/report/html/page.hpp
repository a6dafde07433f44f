// One page of the documents that bptt-verify and bptt_bench write: for people, in one file that
// needs nothing else. Verdict and tables are text; pictures are drawn by the page's own scripts
// from the documents, which are in it as they were read. No number is computed here that is not
// stated in them, but sums over the rows of a check.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/report/html/documents.hpp"

namespace bptt::verify::html {

/// At most one document of a kind. Throws FormatError for two of one, and for a document that lacks
/// a key, with its file.
[[nodiscard]] std::string page_of(const std::vector<Document>& documents, std::string_view program);

}  // namespace bptt::verify::html
