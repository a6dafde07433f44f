#include <algorithm>

#include "cells/network.hpp"
#include "core/error.hpp"
#include "fuzz/catalogue_target.hpp"
#include "fuzz/parser_targets.hpp"
#include "fuzz/peer_target.hpp"
#include "fuzz/plans_target.hpp"
#include "fuzz/target.hpp"
#include "properties/property_families.hpp"
#include "subjects/optimized_subjects.hpp"
#include "subjects/registry.hpp"

namespace bptt::fuzz {
namespace {

// Those with kernels have a target for each family.
const std::vector<Cell> with_kernels{Cell::rnn, Cell::lstm};

TargetRow catalogue_row(Cell cell, std::string_view family, std::string_view sentence) {
  std::string name(name_of(cell));
  if (!family.empty()) name += "_" + std::string(family);
  return {name, "the " + std::string(name_of(cell)) + ": " + std::string(sentence), true,
          [cell, family](const std::string& subject) {
            const auto subjects =
                subject.empty() ? optimized_subject_names() : std::vector<std::string>{subject};
            return std::make_unique<CatalogueTarget>(cell, subjects, family);
          }};
}

/// The other cells, and networks of each kind, layers, directions and lengths: by their lines.
TargetRow networks_row() {
  std::vector<Cell> cells;
  for (const Cell cell : cells::built_in_cells())
    if (std::find(with_kernels.begin(), with_kernels.end(), cell) == with_kernels.end())
      cells.push_back(cell);
  for (const char* network :
       {"rnn_x2", "gru_both", "lstm_reverse", "scan_both", "rnn_both_x2", "gru_lengths",
        "lstm_both_lengths", "rnn_both_x2_lengths", "gated_delta_lengths"})
    cells.push_back(cells::cell_named(network));
  return {"networks", "other cells, layers, directions and lengths: the whole catalogue", true,
          [cells](const std::string& subject) {
            const std::string name = subject.empty() ? "lines" : subject;
            const Capabilities can = make_subject(name)->capabilities();
            std::vector<Cell> run;
            for (const Cell cell : cells)
              if (can.runs(cell)) run.push_back(cell);
            if (run.empty()) throw UnsupportedError(name + " runs none of the networks");
            return std::make_unique<CatalogueTarget>(run, std::vector<std::string>{name});
          }};
}

/// A target that has no subject.
TargetRow plain_row(const std::string& name, const std::string& sentence, bool mutates,
                    std::unique_ptr<Target> (*make)()) {
  return {name, sentence, mutates, [name, make](const std::string& subject) {
            if (!subject.empty())
              throw UnsupportedError("the fuzz target " + name + " takes no subject, got '" +
                                     subject + "'");
            return make();
          }};
}

std::vector<TargetRow> make_rows() {
  std::vector<TargetRow> rows;
  for (const Cell cell : with_kernels) {
    rows.push_back(catalogue_row(cell, "", "the whole catalogue"));
    for (const properties::Family& family : properties::property_families())
      rows.push_back(catalogue_row(cell, family.name, family.sentence));
  }
  rows.push_back(networks_row());
  rows.push_back(
      plain_row("plans", "sequences of calls on plans", true, [] { return make_plans_target(); }));
  rows.push_back(plain_row("npz", "the readers of .npy and .npz", false, make_npz_target));
  rows.push_back(
      plain_row("replay_line", "the parsers of the replay line", false, make_replay_line_target));
  rows.push_back(
      plain_row("printout", "the reader of printed numbers", false, make_printout_target));
  rows.push_back(
      plain_row("worker_protocol", "what a worker sends", false, make_worker_protocol_target));
  rows.push_back(plain_row("c_interface", "what a hostile library describes and writes", false,
                           make_c_interface_target));
  const auto known = subject_names();
  if (std::find(known.begin(), known.end(), "onednn") != known.end())
    rows.push_back({"onednn", "the optimized subject against oneDNN, within both bounds", true,
                    [](const std::string& subject) {
                      return make_peer_target(subject.empty() ? "optimized" : subject, "onednn");
                    }});
  return rows;
}

}  // namespace

std::size_t Target::mutate(std::span<std::uint8_t> buffer, std::size_t size, unsigned,
                           EngineMutator engine) const {
  if (engine == nullptr) return size;
  return std::min(engine(buffer.data(), size, buffer.size()), buffer.size());
}

std::size_t Target::cross(std::span<const std::uint8_t> first, std::span<const std::uint8_t>,
                          std::span<std::uint8_t> out, unsigned) const {
  const std::size_t size = std::min(first.size(), out.size());
  std::copy_n(first.begin(), size, out.begin());
  return size;
}

const std::vector<TargetRow>& targets() {
  static const std::vector<TargetRow> rows = make_rows();
  return rows;
}

const TargetRow& find_target(std::string_view name) {
  std::string all;
  for (const TargetRow& row : targets()) {
    if (row.name == name) return row;
    all += (all.empty() ? "" : " ") + row.name;
  }
  throw UnsupportedError("there is no fuzz target '" + std::string(name) + "'; there are: " + all);
}

}  // namespace bptt::fuzz
