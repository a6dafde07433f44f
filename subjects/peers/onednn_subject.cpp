#include "subjects/peers/onednn_cells.hpp"
#include "subjects/peers/onednn_network.hpp"
#include "subjects/peers/peer_session.hpp"
#include "subjects/peers/peer_subjects.hpp"

namespace bptt {
namespace {

class OnednnSubject final : public Subject {
 public:
  OnednnSubject() { peers::OnednnNetwork::use_threads(1); }
  [[nodiscard]] std::string name() const override { return "onednn"; }
  [[nodiscard]] std::string description() const override {
    return "oneDNN's RNN primitives, forward for training and backward.";
  }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can;
    can.cells = peers::onednn_networks();
    can.size_rules = peers::onednn_size_rules();
    can.f64 = false;
    can.identity = false;
    // oneDNN states no bounds. Measured over 1.6 million arguments: tanh 1.2 ULP; sigmoid 4.2 from
    // -80 on, below which its small results are not kept.
    can.tanh_ulp = 2;
    can.sigmoid_ulp = 5;
    // Measured: beside another caller, da0 of one sample and 64 units differs by an ULP; runs one
    // after another do not.
    can.same_bits_beside_others = false;
    return can;
  }
  [[nodiscard]] std::unique_ptr<Session<float>> open_f32(Cell cell, Activation g,
                                                         const Sizes& sizes) const override {
    require_supported(*this, cell, g, Scalar::f32);
    return std::make_unique<peers::PeerSession<float, peers::OnednnNetwork>>(cell, g, sizes);
  }
  [[nodiscard]] std::unique_ptr<Session<double>> open_f64(Cell cell, Activation g,
                                                          const Sizes&) const override {
    require_supported(*this, cell, g, Scalar::f64);
    return nullptr;  // never reached: f64 is not among the capabilities
  }
};

}  // namespace

std::unique_ptr<Subject> make_onednn_subject() { return std::make_unique<OnednnSubject>(); }

}  // namespace bptt
