#include "cells/reverse.hpp"

#include "cells/functions.hpp"
#include "core/error.hpp"

namespace bptt::cells {
namespace {

class Reverser final : public Gradients {
 public:
  explicit Reverser(const Program& forward) : forward_(forward) {
    reversal_.program.letters = forward.letters;
    reversal_.program.arrays = forward.arrays;
    reversal_.program.backwards = forward.backwards;
    reversal_.gradient_of.assign(forward.arrays.size(), -1);
    for (const Role role : {Role::state, Role::output})
      for (const int array : forward.arrays_of(role)) static_cast<void>(gradient_of(array));
  }

  Reversal run() {
    const std::size_t count = forward_.lines.size();
    reversal_.of_line.assign(count + 1, 0);
    for (std::size_t k = count; k-- > 0;) {
      line_ = &forward_.lines[k];
      if (reversal_.gradient_of[static_cast<std::size_t>(line_->to.array)] >= 0) reverse_line();
      reversal_.of_line[k] = lines().size();
    }
    return std::move(reversal_);
  }

  // ---- What the rules of the functions use
  [[nodiscard]] Place value() const override { return line_->to; }
  [[nodiscard]] Place argument(int k) const override {
    return line_->arguments[static_cast<std::size_t>(k)];
  }
  Place sum(std::string_view name, std::vector<Term> terms) override {
    const Place to = part(name);
    lines().push_back({to, false, Function::sum, std::move(terms), {}, line_->pass});
    return to;
  }
  Place apply(std::string_view name, Function function, std::vector<Place> arguments) override {
    const Place to = part(name);
    lines().push_back({to, false, function, {}, std::move(arguments), line_->pass});
    return to;
  }
  void give(int k, std::vector<Place> reads, Number factor) override {
    reads.insert(reads.begin(), gradient(line_->to));
    add(gradient(argument(k)), {factor, std::move(reads)});
  }
  void give_where(int k, Function function, Place other) override {
    const Place part = apply("where", function, {gradient(line_->to), std::move(other)});
    add(gradient(argument(k)), {{}, {part}});
  }

 private:
  std::vector<Line>& lines() { return reversal_.program.lines; }

  void reverse_line() {
    if (line_->function == Function::activation)
      throw UnsupportedError("no activation has been chosen for the cell");
    if (line_->function != Function::sum) return reverse_function(line_->function, *this);
    for (const Term& term : line_->terms)
      for (std::size_t q = 0; q < term.reads.size(); ++q) {
        Term back = term;
        back.reads[q] = gradient(line_->to);
        add(gradient(term.reads[q]), std::move(back));
      }
  }

  void add(const Place& to, Term term) {
    lines().push_back({to, true, Function::sum, {std::move(term)}, {}, line_->pass});
  }

  int gradient_of(int array) {
    int& found = reversal_.gradient_of[static_cast<std::size_t>(array)];
    if (found < 0) {
      const Array of = reversal_.program.arrays[static_cast<std::size_t>(array)];
      found = add_array("d" + of.name, Role::gradient, of.axes, of.of_samples);
    }
    return found;
  }
  Place gradient(Place place) {
    place.array = gradient_of(place.array);
    return place;
  }

  /// A new array for a part of a slope, at the letters of the value.
  Place part(std::string_view name) {
    const std::string of = forward_.arrays[static_cast<std::size_t>(line_->to.array)].name;
    return reversal_.program.whole(
        add_array(of + "_" + std::string(name), Role::local, line_->to.at, true));
  }

  int add_array(std::string name, Role role, const std::vector<int>& axes, bool of_samples) {
    Program& program = reversal_.program;
    while (program.find(name) >= 0) name += "_";
    program.arrays.push_back({std::move(name), role, axes, of_samples});
    return static_cast<int>(program.arrays.size()) - 1;
  }

  const Program& forward_;
  const Line* line_ = nullptr;
  Reversal reversal_;
};

}  // namespace

Reversal reverse(const Program& forward) { return Reverser(forward).run(); }

}  // namespace bptt::cells
