// A tape: every operation of a computation, in the order in which it was carried out.
// It knows what was computed from what and by which rule; arithmetic/recorded.hpp writes it and
// arithmetic/noise_model.hpp reads rounding-error bounds from it.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace bptt {

enum class Op : std::uint8_t {
  leaf,
  add,
  subtract,
  multiply,
  divide,
  negate,
  tanh,
  sigmoid,
  exp,
  log,
  relu
};

/// The operations of one thread between the beginning and the end of a TapeScope.
template <class V>
class Tape {
 public:
  /// No node: a constant, which has no derivative.
  static constexpr std::int32_t none = -1;

  struct Node {
    V value;
    std::int32_t left, right;  // operands, or none
    Op op;
    bool in_a_sum = false;   // an operand of an addition, a subtraction or a negation
    std::uint16_t uses = 0;  // as an operand: none, one, or more
  };

  std::int32_t push(Op op, V value, std::int32_t left = none, std::int32_t right = none) {
    const bool sum = op == Op::add || op == Op::subtract || op == Op::negate;
    for (const std::int32_t operand : {left, right}) {
      if (operand == none) continue;
      Node& node = nodes_[static_cast<std::size_t>(operand)];
      node.in_a_sum = node.in_a_sum || sum;
      node.uses = static_cast<std::uint16_t>(node.uses < 2 ? node.uses + 1 : 2);
    }
    nodes_.push_back({std::move(value), left, right, op});
    return static_cast<std::int32_t>(nodes_.size()) - 1;
  }

  /// Forgets all operations and keeps the memory, for the next computation.
  void clear() { nodes_.clear(); }
  /// Memory for so many operations, if one knows.
  void reserve(std::size_t operations) { nodes_.reserve(operations); }
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const Node& operator[](std::int32_t k) const {
    return nodes_[static_cast<std::size_t>(k)];
  }

  /// Reverse mode: for f = sum of seed.second * value of node seed.first, the derivative of f with
  /// respect to the value of every node. Source: Linnainmaa 1976.
  [[nodiscard]] std::vector<V> gradient(
      const std::vector<std::pair<std::int32_t, V>>& seeds) const {
    std::vector<V> adjoint(nodes_.size(), V(0));
    for (const auto& [node, weight] : seeds)
      if (node != none) adjoint[static_cast<std::size_t>(node)] += weight;
    for (std::size_t k = nodes_.size(); k-- > 0;) {
      const Node& node = nodes_[k];
      if (node.op == Op::leaf || adjoint[k] == V(0)) continue;
      const auto send = [&](std::int32_t operand, const V& partial) {
        adjoint[static_cast<std::size_t>(operand)] += adjoint[k] * partial;
      };
      const auto value = [&](std::int32_t operand) -> const V& {
        return nodes_[static_cast<std::size_t>(operand)].value;
      };
      const V& y = node.value;
      switch (node.op) {
        case Op::leaf: break;
        case Op::add: send(node.left, V(1)), send(node.right, V(1)); break;
        case Op::subtract: send(node.left, V(1)), send(node.right, V(-1)); break;
        case Op::multiply:
          send(node.left, value(node.right)), send(node.right, value(node.left));
          break;
        case Op::divide:
          send(node.left, V(1) / value(node.right)), send(node.right, -y / value(node.right));
          break;
        case Op::negate: send(node.left, V(-1)); break;
        case Op::tanh: send(node.left, V(1) - y * y); break;
        case Op::sigmoid: send(node.left, y * (V(1) - y)); break;
        case Op::exp: send(node.left, y); break;
        case Op::log: send(node.left, V(1) / value(node.left)); break;
        case Op::relu: send(node.left, y > V(0) ? V(1) : V(0)); break;
      }
    }
    return adjoint;
  }

  /// The tape that Recorded numbers of this thread write to.
  [[nodiscard]] static Tape*& active() {
    static thread_local Tape* tape = nullptr;
    return tape;
  }

 private:
  std::vector<Node> nodes_;
};

/// While it lives, Recorded<V> numbers of this thread write to the given tape.
template <class V>
class TapeScope {
 public:
  explicit TapeScope(Tape<V>& tape) : previous_(std::exchange(Tape<V>::active(), &tape)) {}
  ~TapeScope() { Tape<V>::active() = previous_; }
  TapeScope(const TapeScope&) = delete;
  TapeScope& operator=(const TapeScope&) = delete;

 private:
  Tape<V>* previous_;
};

}  // namespace bptt
