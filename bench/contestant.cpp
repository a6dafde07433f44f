#include "bench/contestant.hpp"

#include <cmath>
#include <random>

#include "core/subject.hpp"
#include "optimized/checkpointed.hpp"
#include "optimized/eigen/lstm.hpp"
#include "optimized/eigen/rnn.hpp"
#include "optimized/lstm.hpp"
#include "optimized/rnn.hpp"
#include "reference/unrolled.hpp"
#ifdef BPTT_WITH_ONEDNN
#include "subjects/peers/onednn_network.hpp"
#endif
#ifdef BPTT_WITH_TORCH
#include "subjects/peers/torch_network.hpp"
#endif

namespace bptt::bench {
namespace {

template <class S>
NamedTensors<S> draw(Cell cell, const std::vector<std::string>& names, const Sizes& sizes) {
  NamedTensors<S> tensors = make_tensors<S>(cell, names, sizes);
  std::mt19937 engine(1);
  for (auto& [name, tensor] : tensors) {
    const S scale = name[0] == 'W' ? 1 / std::sqrt(static_cast<S>(sizes.n_a)) : S(1);
    std::uniform_real_distribution<S> uniform(-scale, scale);
    for (S& value : tensor.elements()) value = uniform(engine);
  }
  return tensors;
}

/// The arrays of a network and the views of them that passes take: weights uniform within
/// 1 / sqrt(n_a), as PyTorch initialises them, all else uniform in [-1, 1].
template <class S>
class Arrays {
 public:
  Arrays(Cell cell, const Sizes& sizes)
      : in_(draw<S>(cell, input_names(cell), sizes)),
        up_(draw<S>(cell, upstream_names(cell), sizes)),
        cache_(make_tensors<S>(cell, cache_names(cell), sizes)),
        gradients_(make_tensors<S>(cell, gradient_names(cell), sizes)) {}
  Arrays(const Arrays&) = delete;  // the views would stay with the first
  Arrays& operator=(const Arrays&) = delete;

 private:
  NamedTensors<S> in_, up_, cache_, gradients_;

 public:
  const NamedViews<const S> in = views_of(std::as_const(in_)), up = views_of(std::as_const(up_));
  /// What forward writes, and the same as backward reads it.
  const NamedViews<S> cache = views_of(cache_);
  const NamedViews<const S> kept = views_of(std::as_const(cache_));
  const NamedViews<S> gradients = views_of(gradients_);
};

/// True for plans that pack the weights before the passes.
template <class Plan, class Parameters>
constexpr bool packs = requires(Plan& plan, Parameters p) {
  plan.set_parameters(p);
};

/// What a plan counts, if it does.
template <class Plan>
std::optional<Counts> counts_of(const Plan& plan) {
  if constexpr (requires { plan.work(); }) return Counts{plan.workspace_bytes(), plan.work()};
  return std::nullopt;
}

/// Every view is taken before: a pass looks nothing up by its name.
template <class S, class Plan>
class RnnContestant final : public Contestant {
 public:
  RnnContestant(const Sizes& sizes, const optimized::Options& options)
      : arrays_(Cell::rnn, sizes), plan_(Activation::tanh, sizes, options) {
    if constexpr (packs<Plan, RnnParameters<S>>) plan_.set_parameters(p_);
    RnnContestant::forward();
  }
  void forward() override {
    if constexpr (packs<Plan, RnnParameters<S>>)
      plan_.forward(x_, a0_, a_);
    else
      plan_.forward(p_, x_, a0_, a_);
  }
  void backward() override {
    if constexpr (packs<Plan, RnnParameters<S>>)
      plan_.backward(x_, a0_, kept_, da_, gradients_);
    else
      plan_.backward(p_, x_, a0_, kept_, da_, gradients_);
  }
  [[nodiscard]] std::optional<Counts> counts() const override { return counts_of(plan_); }
  [[nodiscard]] double bytes_per_step() const override {
    return sizeof(S) * static_cast<double>(a_.extent(0) * a_.extent(1));
  }

 private:
  Arrays<S> arrays_;
  const RnnParameters<S> p_ = rnn_parameters(arrays_.in);
  const View<const S> x_ = arrays_.in["x"], a0_ = arrays_.in["a0"], da_ = arrays_.up["da"];
  const View<S> a_ = arrays_.cache["a"];
  const View<const S> kept_ = arrays_.kept["a"];
  const RnnGradients<S> gradients_ = rnn_gradients(arrays_.gradients);
  Plan plan_;
};

template <class S, class Plan>
class LstmContestant final : public Contestant {
 public:
  LstmContestant(const Sizes& sizes, const optimized::Options& options)
      : arrays_(Cell::lstm, sizes), plan_(sizes, options) {
    if constexpr (packs<Plan, LstmParameters<S>>) plan_.set_parameters(p_);
    LstmContestant::forward();
  }
  void forward() override {
    if constexpr (packs<Plan, LstmParameters<S>>)
      plan_.forward(x_, a0_, c0_, states_);
    else
      plan_.forward(p_, x_, a0_, c0_, states_);
  }
  void backward() override {
    if constexpr (packs<Plan, LstmParameters<S>>)
      plan_.backward(x_, a0_, c0_, kept_, da_, dc_T_, gradients_);
    else
      plan_.backward(p_, x_, a0_, c0_, kept_, da_, dc_T_, gradients_);
  }
  [[nodiscard]] std::optional<Counts> counts() const override { return counts_of(plan_); }
  [[nodiscard]] double bytes_per_step() const override {
    return 6 * sizeof(S) * static_cast<double>(a0_.extent(0) * a0_.extent(1));
  }

 private:
  Arrays<S> arrays_;
  const LstmParameters<S> p_ = lstm_parameters(arrays_.in);
  const View<const S> x_ = arrays_.in["x"], a0_ = arrays_.in["a0"], c0_ = arrays_.in["c0"];
  const View<const S> da_ = arrays_.up["da"], dc_T_ = arrays_.up["dc_T"];
  const LstmStates<S> states_ = lstm_states(arrays_.cache);
  const LstmStates<const S> kept_ = lstm_states(arrays_.kept);
  const LstmGradients<S> gradients_ = lstm_gradients(arrays_.gradients);
  Plan plan_;
};

/// A plan of either kind.
template <class S, class RnnPlan, class LstmPlan>
std::unique_ptr<Contestant> plan_contestant(Cell cell, const Sizes& sizes,
                                            const optimized::Options& options) {
  if (cell == Cell::rnn) return std::make_unique<RnnContestant<S, RnnPlan>>(sizes, options);
  return std::make_unique<LstmContestant<S, LstmPlan>>(sizes, options);
}

/// The fast kernels on a sequence of which less is kept.
template <class S>
class CheckpointedContestant final : public Contestant {
 public:
  CheckpointedContestant(Cell cell, const Sizes& sizes, const optimized::MemoryOptions& memory,
                         int threads)
      : cell_(cell),
        sizes_(sizes),
        a_is_kept_(memory.mode == optimized::Memory::recompute_gates),
        arrays_(cell, sizes),
        run_(cell, Activation::tanh, sizes, memory, {.threads = threads}) {
    CheckpointedContestant::forward();
  }
  void forward() override { run_.forward(arrays_.in, arrays_.cache["a"]); }
  void backward() override {
    run_.backward(arrays_.in, arrays_.cache["a"], arrays_.up, arrays_.gradients);
  }
  [[nodiscard]] double bytes_per_step() const override {
    const auto a = sizeof(S) * static_cast<double>(sizes_.n_a * sizes_.m);
    return (a_is_kept_ ? a : 0) +
           static_cast<double>(run_.kept_bytes()) / static_cast<double>(sizes_.T_x);
  }

 private:
  Cell cell_;
  Sizes sizes_;
  bool a_is_kept_;
  Arrays<S> arrays_;
  optimized::Checkpointed<S> run_;
};

/// A quarter of what a plan keeps.
template <class S>
optimized::MemoryOptions quarter(Cell cell, const Sizes& s) {
  const Index arrays = cell == Cell::rnn ? 1 : 6;
  return {optimized::Memory::binomial,
          static_cast<std::size_t>(arrays * s.n_a * s.m * s.T_x) * sizeof(S) / 4};
}

template <class S>
class ReferenceContestant final : public Contestant {
 public:
  ReferenceContestant(Cell cell, const Sizes& sizes, Derivation derivation)
      : cell_(cell), derivation_(derivation), arrays_(cell, sizes) {
    ReferenceContestant::forward();
  }
  [[nodiscard]] bool runs(Pass pass) const override {
    return derivation_ == Derivation::one_pass || pass == Pass::backward;
  }
  void forward() override {
    if (cell_ == Cell::rnn)
      reference::rnn_forward<S>(Activation::tanh, rnn_parameters(arrays_.in), arrays_.in["x"],
                                arrays_.in["a0"], arrays_.cache["a"]);
    else
      reference::lstm_forward<S>(lstm_parameters(arrays_.in), arrays_.in["x"], arrays_.in["a0"],
                                 arrays_.in["c0"], lstm_states(arrays_.cache));
  }
  void backward() override {
    if (cell_ == Cell::rnn) {
      const auto run = [&](auto&& pass) {
        pass(Activation::tanh, rnn_parameters(arrays_.in), arrays_.in["x"], arrays_.in["a0"],
             arrays_.kept["a"], arrays_.up["da"], rnn_gradients(arrays_.gradients));
      };
      switch (derivation_) {
        case Derivation::one_walk_per_loss: return run(reference::rnn_backward_walks<S>);
        case Derivation::split: return run(reference::rnn_backward_split<S>);
        default: return run(reference::rnn_backward<S>);
      }
    }
    const auto run = [&](auto&& pass) {
      pass(lstm_parameters(arrays_.in), arrays_.in["x"], arrays_.in["a0"], arrays_.in["c0"],
           lstm_states(arrays_.kept), arrays_.up["da"], arrays_.up["dc_T"],
           lstm_gradients(arrays_.gradients));
    };
    switch (derivation_) {
      case Derivation::one_walk_per_loss: return run(reference::lstm_backward_walks<S>);
      case Derivation::split: return run(reference::lstm_backward_split<S>);
      default: return run(reference::lstm_backward<S>);
    }
  }

 private:
  Cell cell_;
  Derivation derivation_;
  Arrays<S> arrays_;
};

/// Network: as in subjects/peers/onednn_network.hpp.
template <class S, class Network>
class PeerContestant final : public Contestant {
 public:
  PeerContestant(Cell cell, const Sizes& sizes, int threads) {
    Network::use_threads(threads);
    threads_ = threads;
    network_ = std::make_unique<Network>(cell, Activation::tanh, sizes);
    const Arrays<S> arrays(cell, sizes);
    network_->set_inputs(arrays.in);
    network_->set_upstream(arrays.up);
    network_->clear_gradients();
    network_->forward();
  }
  void forward() override {
    Network::use_threads(threads_);
    network_->forward();
  }
  void backward() override {
    Network::use_threads(threads_);
    network_->backward();
  }

 private:
  int threads_ = 1;
  std::unique_ptr<Network> network_;
};

}  // namespace

double flops(Cell cell, Pass pass, const Sizes& s) {
  const auto value = [](Index extent) { return static_cast<double>(extent); };
  const double gates = cell == Cell::rnn ? 1 : 4;
  return (pass == Pass::forward ? 2 : 4) * value(s.T_x) * value(s.m) * gates * value(s.n_a) *
         value(s.n_a + s.n_x);
}

std::vector<std::string_view> contestant_names() {
  std::vector<std::string_view> names{"optimized"};
#ifdef BPTT_WITH_ONEDNN
  names.emplace_back("onednn");
#endif
#ifdef BPTT_WITH_TORCH
  names.emplace_back("torch");
#endif
  for (const char* name : {"eigen", "reference", "walks", "split"}) names.emplace_back(name);
  return names;
}

std::vector<std::string_view> memory_mode_names() {
  return {"recompute_gates", "square_root", "binomial"};
}

bool takes_long(std::string_view name, Cell cell, const Sizes& sizes, bool quick) {
  const double work = flops(cell, Pass::backward, sizes);
  if (name == "eigen") return quick && work >= 1e10;
  if (name == "reference" || name == "split") return work >= 1e9;
  return name == "walks" && work * static_cast<double>(sizes.T_x) >= 2e8;
}

template <class S>
std::unique_ptr<Contestant> make_contestant(std::string_view name, Cell cell, const Sizes& sizes,
                                            int threads) {
  if (name == "optimized")
    return plan_contestant<S, optimized::RnnPlan<S>, optimized::LstmPlan<S>>(cell, sizes,
                                                                             {.threads = threads});
  const auto checkpointed = [&](const optimized::MemoryOptions& memory) {
    return std::make_unique<CheckpointedContestant<S>>(cell, sizes, memory, threads);
  };
  if (name == "recompute_gates") return checkpointed({optimized::Memory::recompute_gates});
  if (name == "square_root") return checkpointed({optimized::Memory::square_root});
  if (name == "binomial") return sizes.T_x >= 32 ? checkpointed(quarter<S>(cell, sizes)) : nullptr;
#ifdef BPTT_WITH_ONEDNN
  if constexpr (std::is_same_v<S, float>)
    if (name == "onednn")
      return std::make_unique<PeerContestant<S, peers::OnednnNetwork>>(cell, sizes, threads);
#endif
#ifdef BPTT_WITH_TORCH
  if (name == "torch")
    return std::make_unique<PeerContestant<S, peers::TorchNetwork<S>>>(cell, sizes, threads);
#endif
  if (threads > 1) return nullptr;  // the rest run on one thread only
  if (name == "eigen")
    return plan_contestant<S, optimized::eigen::RnnPlan<S>, optimized::eigen::LstmPlan<S>>(
        cell, sizes, {});
  if (name == "reference")
    return std::make_unique<ReferenceContestant<S>>(cell, sizes, Derivation::one_pass);
  if (name == "walks")
    return std::make_unique<ReferenceContestant<S>>(cell, sizes, Derivation::one_walk_per_loss);
  if (name == "split")
    return std::make_unique<ReferenceContestant<S>>(cell, sizes, Derivation::split);
  return nullptr;
}

template std::unique_ptr<Contestant> make_contestant<float>(std::string_view, Cell, const Sizes&,
                                                            int);
template std::unique_ptr<Contestant> make_contestant<double>(std::string_view, Cell, const Sizes&,
                                                             int);

}  // namespace bptt::bench
