#include "subjects/peers/peer_session.hpp"
#include "subjects/peers/peer_subjects.hpp"
#include "subjects/peers/torch_network.hpp"
#include "subjects/subject_of.hpp"

namespace bptt {
namespace {

class TorchSubject final : public SubjectOf<TorchSubject> {
 public:
  TorchSubject() { peers::TorchNetwork<float>::use_threads(1); }
  [[nodiscard]] std::string name() const override { return "torch"; }
  [[nodiscard]] std::string description() const override {
    return "PyTorch's RNN, LSTM and GRU on the CPU, through autograd.";
  }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can;
    can.cells.clear();
    for (const char* cell : {"rnn", "lstm", "gru", "lstm_projected"})
      for (const char* network : {"", "_both", "_x2", "_x3"})
        can.cells.push_back(cells::cell_named(std::string(cell) + network));
    can.size_rules = size_rules_of("n_p < n_c", can.cells);
    can.identity = false;
    can.some_gradients = true;
    // PyTorch states no bounds; its vector functions (SLEEF) are within 1 ULP, from which sigmoid
    // is formed in three further operations.
    can.tanh_ulp = 2;
    can.sigmoid_ulp = 4;
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    return std::make_unique<peers::PeerSession<S, peers::TorchNetwork<S>>>(cell, g, sizes);
  }
};

}  // namespace

std::unique_ptr<Subject> make_torch_subject() { return std::make_unique<TorchSubject>(); }

}  // namespace bptt
