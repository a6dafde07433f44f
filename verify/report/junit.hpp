// Reports as JUnit XML, as GitLab, Jenkins and GitHub's actions read it: one testsuite a subject,
// one testcase a row (property, cell, scalar). A broken row is a failure whose text ends with the
// line that repeats it; a row of which nothing but inconclusive cases is known, or that was not
// asked, is skipped. No attribute beyond those that all of these programs read. Source:
// https://github.com/testmoapp/junitxml, which gathers what they have in common.
#pragma once

#include <string>
#include <vector>

#include "verify/campaign/report.hpp"

namespace bptt::verify {

/// A whole document in UTF-8. Characters that XML does not have, and bytes that are no UTF-8,
/// become U+FFFD: a subject's message may hold anything.
[[nodiscard]] std::string junit_of(const std::vector<Report>& reports);

/// Text between tags, or in an attribute between double quotes.
[[nodiscard]] std::string xml_text(std::string_view text);

}  // namespace bptt::verify
