#include "subjects/registry.hpp"

#include <algorithm>
#include <numeric>

#include "cells/network.hpp"
#include "subjects/faults/fault_subject.hpp"
#include "subjects/faults/scale_faults.hpp"
#include "subjects/foreign/foreign_subjects.hpp"
#include "subjects/lines_subject.hpp"
#include "subjects/optimized_subjects.hpp"
#include "subjects/peers/peer_subjects.hpp"
#include "subjects/reference_subjects.hpp"

namespace bptt {
namespace {

void append(std::vector<std::string>& to, const std::vector<std::string>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// The fewest insertions, deletions and replacements of a character that turn a into b
// (Wagner & Fischer 1974).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

std::vector<std::string> nearest_to(std::string_view name, std::vector<std::string> names) {
  std::stable_sort(names.begin(), names.end(), [&](const std::string& p, const std::string& q) {
    return edit_distance(name, p) < edit_distance(name, q);
  });
  names.resize(std::min<std::size_t>(names.size(), 3));
  return names;
}

}  // namespace

std::vector<std::string> subject_names() {
  std::vector<std::string> names = reference_subject_names();
  append(names, lines_subject_names());
  append(names, optimized_subject_names());
  append(names, peer_subject_names());
  return names;
}

std::vector<std::string> fault_names() { return fault_subject_names(); }
std::vector<std::string> scale_fault_names() { return scale_fault_subject_names(); }

std::unique_ptr<Subject> make_subject(std::string_view name, const foreign::Options& options) {
  if (foreign::is_file_name(name)) return foreign::make_foreign_subject(std::string(name), options);
  if (auto subject = make_reference_subject(name)) return subject;
  if (auto subject = make_lines_subject(name)) return subject;
  if (auto subject = make_optimized_subject(name)) return subject;
  if (auto subject = make_scale_fault_subject(name)) return subject;
  if (auto subject = make_fault_subject(name)) return subject;
  if (auto subject = make_peer_subject(name)) return subject;

  if (cells::known_cell(name))
    throw UnsupportedError("no subject is named '" + std::string(name) +
                           "', but a cell is: --cell takes one name each time it is given");
  const std::vector<std::string> right = subject_names();
  std::vector<std::string> known = right;
  append(known, fault_names());
  append(known, scale_fault_names());
  throw UnsupportedError("no subject is named '" + std::string(name) + "'; the nearest are " +
                         joined(nearest_to(name, known)) + "; all are " + joined(right) +
                         ", and the " + std::to_string(known.size() - right.size()) +
                         " faults (see: bptt-verify list faults). A subject may also be a file: "
                         ".so, .py, .ipynb");
}

}  // namespace bptt
