#include "core/cell.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "core/error.hpp"

namespace bptt {
namespace {

Index extent_of(const Axis& extent, const Sizes& sizes) {
  Index sum = 0;
  for (const Size size : extent) sum += sizes.*size;
  return sum;
}

CellTable rnn_table() {
  const Axis n_a{&Sizes::n_a}, n_x{&Sizes::n_x};
  return {"rnn",
          {{"n_x", &Sizes::n_x}, {"n_a", &Sizes::n_a}},
          {{"x", Role::input, {n_x}},
           {"a", Role::state, {n_a}},
           {"Wax", Role::weight, {n_a, n_x}},
           {"Waa", Role::weight, {n_a, n_a}},
           {"ba", Role::weight, {n_a}}},
          {"a"},
          {Activation::tanh, Activation::relu, Activation::identity}};
}

CellTable lstm_table() {
  const Axis n_a{&Sizes::n_a}, n_x{&Sizes::n_x}, both{&Sizes::n_a, &Sizes::n_x};
  std::vector<OwnArray> own{
      {"x", Role::input, {n_x}}, {"a", Role::state, {n_a}}, {"c", Role::state, {n_a}}};
  for (const char* gate : {"f", "i", "c", "o"}) {
    own.push_back({std::string("W") + gate, Role::weight, {n_a, both}});
    own.push_back({std::string("b") + gate, Role::weight, {n_a}});
  }
  for (const char* kept : {"ft", "it", "cct", "ot"}) own.push_back({kept, Role::kept, {n_a}});
  return {"lstm", {{"n_x", &Sizes::n_x}, {"n_a", &Sizes::n_a}}, own, {"a"}};
}

/// Tables never move and never go: a number is good for as long as the program runs.
class Tables {
 public:
  Tables() {
    add(rnn_table());
    add(lstm_table());
  }
  const CellTable& operator[](std::size_t number) const {
    if (number >= count_.load(std::memory_order_acquire))
      throw Error("there is no cell number " + std::to_string(number));
    return *tables_[number];
  }
  Cell add(CellTable table) {
    const std::lock_guard lock(mutex_);
    const std::size_t number = count_.load(std::memory_order_relaxed);
    if (find(table.name()))
      throw Error("there is a cell named " + table.name() + " already; give this one another name");
    if (number == most)
      throw Error("there are " + std::to_string(most) + " cells, the most there can be");
    tables_[number] = std::make_unique<const CellTable>(std::move(table));
    count_.store(number + 1, std::memory_order_release);
    return static_cast<Cell>(number);
  }
  [[nodiscard]] std::optional<Cell> find(std::string_view name) const {
    for (std::size_t k = 0; k < count_.load(std::memory_order_acquire); ++k)
      if (tables_[k]->name() == name) return static_cast<Cell>(k);
    return std::nullopt;
  }

 private:
  static constexpr std::size_t most = 256;
  std::array<std::unique_ptr<const CellTable>, most> tables_;
  std::atomic<std::size_t> count_ = 0;
  std::mutex mutex_;
};

Tables& tables() {
  static Tables all;
  return all;
}

}  // namespace

Shape CellArray::shape(const Sizes& sizes) const {
  Shape shape;
  for (const Axis& axis : axes) shape.append(extent_of(axis, sizes));
  if (!has_samples)
    while (shape.rank() < 2) shape.append(1);
  if (has_samples) shape.append(sizes.m);
  if (has_steps) shape.append(of_losses ? sizes.T_da : sizes.T_x);
  return shape;
}

CellTable::CellTable(std::string name, std::vector<NamedSize> sizes,
                     const std::vector<OwnArray>& own, const std::vector<std::string>& seen,
                     std::vector<Activation> activations)
    : name_(std::move(name)), sizes_(std::move(sizes)), activations_(std::move(activations)) {
  const auto add = [this](CellArray array, std::vector<std::string>& names) {
    if (find(array.name) != nullptr)
      throw Error("the cell " + name_ + " has two arrays named " + array.name);
    names.push_back(array.name);
    arrays_.push_back(std::move(array));
  };
  const auto for_each = [&](Role role, const auto& visit) {
    for (const OwnArray& array : own)
      if (array.role == role) visit(array);
  };
  const auto is_seen = [&](const std::string& array) {
    return std::find(seen.begin(), seen.end(), array) != seen.end();
  };
  for_each(Role::input, [&](const OwnArray& x) {
    add({x.name, Role::input, Role::input, "", x.axes, true, true, false, x.low, x.high}, inputs);
  });
  for_each(Role::state, [&](const OwnArray& s) {
    add({s.name + "0", Role::initial, Role::state, s.name, s.axes, true, false, false, s.low,
         s.high},
        inputs);
  });
  for_each(Role::weight, [&](const OwnArray& W) {
    add({W.name, Role::weight, Role::weight, "", W.axes, false, false, false, W.low, W.high},
        inputs);
  });
  given = inputs;
  for_each(Role::mask, [&](const OwnArray& mask) {
    add({mask.name, Role::mask, Role::mask, "", {}, true, true, false}, given);
  });
  for (const Role role : {Role::state, Role::output})
    for_each(role, [&](const OwnArray& s) {
      add({s.name, role, role, "", s.axes, true, true, false, 0, 0, s.backwards}, states);
    });
  cache = states;
  for_each(Role::kept, [&](const OwnArray& z) {
    add({z.name, Role::kept, Role::kept, "", z.axes, true, true, false}, cache);
  });
  for (const Role role : {Role::output, Role::state})
    for_each(role, [&](const OwnArray& s) {
      if (is_seen(s.name))
        add({"d" + s.name, Role::upstream, role, s.name, s.axes, true, true, true}, upstream);
    });
  for_each(Role::state, [&](const OwnArray& s) {
    if (!is_seen(s.name))
      add({"d" + s.name + "_T", Role::final_upstream, Role::state, s.name, s.axes, true, false,
           true, 0, 0, s.backwards},
          upstream);
  });
  for (const std::string& of : inputs) {
    CellArray gradient = *find(of);
    gradient.role_of_source = gradient.role;
    gradient.role = Role::gradient;
    gradient.of = of;
    gradient.name = "d" + of;
    gradient.of_losses = gradient.has_steps;
    add(std::move(gradient), gradients);
  }
  if (inputs.size() + upstream.size() > most_given)
    throw Error("the cell " + name_ + " is given " +
                std::to_string(inputs.size() + upstream.size()) + " arrays, more than " +
                std::to_string(most_given));
}

const CellArray* CellTable::find(std::string_view array) const {
  for (const CellArray& known : arrays_)
    if (known.name == array) return &known;
  return nullptr;
}

bool CellTable::has(Activation activation) const {
  return std::find(activations_.begin(), activations_.end(), activation) != activations_.end();
}

const CellTable& table_of(Cell cell) { return tables()[static_cast<std::size_t>(cell)]; }
std::optional<Cell> find_cell(std::string_view name) { return tables().find(name); }
Cell add_cell(CellTable table) { return tables().add(std::move(table)); }

std::string_view name_of(Cell cell) { return table_of(cell).name(); }

std::string_view name_of(Activation activation) {
  switch (activation) {
    case Activation::tanh: return "tanh";
    case Activation::relu: return "relu";
    case Activation::identity: return "identity";
  }
  throw Error("unknown activation");
}

}  // namespace bptt
