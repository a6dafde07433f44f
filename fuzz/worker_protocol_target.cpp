// What a worker sends, under fire: a message is an answer of the protocol or none, and a
// description of a library is capabilities that the suite can ask for or an Error; nothing else.
#include "core/error.hpp"
#include "fuzz/finding.hpp"
#include "fuzz/parser_targets.hpp"
#include "subjects/foreign/description.hpp"
#include "subjects/foreign/foreign_subjects.hpp"
#include "subjects/foreign/process.hpp"

namespace bptt::fuzz {
namespace {

using foreign::Answer;

void require_sound(const Capabilities& can) {
  require(!can.cells.empty(), "a library without a cell was accepted");
  require(can.f32 || can.f64, "a library without a scalar was accepted");
  require(can.tanh_ulp > 0 && can.tanh_ulp <= 1e6 && can.sigmoid_ulp > 0 && can.sigmoid_ulp <= 1e6,
          "an accuracy outside 0 .. 1e6 ULP was accepted");
  require(can.absolute_error >= 0 && can.absolute_error <= 1, "an error beyond 1 was accepted");
  const auto derivation = static_cast<int>(can.derivation);
  require(derivation >= 0 && derivation <= static_cast<int>(Derivation::closed_form),
          "derivation " + std::to_string(derivation) + " was accepted");
}

class WorkerProtocolTarget final : public Target {
 public:
  void run(std::span<const std::uint8_t> bytes) override {
    const std::string message(bytes.begin(), bytes.end());
    const std::optional<Answer> answer = foreign::answer_of(message);
    if (!answer) return;
    require(static_cast<std::uint32_t>(answer->status) <=
                static_cast<std::uint32_t>(foreign::Status::no_numpy),
            "an answer without a known status was accepted");
    require(message.ends_with(answer->text) &&
                message.size() == sizeof(foreign::Reply) + answer->text.size(),
            "an answer's text is not what came");
    for (const std::string key : {"function", "note", "text"})
      for (const std::string& line : foreign::lines_of(answer->text, key))
        require(line.find('\n') == std::string::npos &&
                    answer->text.find(key + " " + line) != std::string::npos,
                "the line '" + line + "' was not sent");
    try {
      require_sound(foreign::capabilities_of(answer->text));
    } catch (const Error&) {
    }
  }
  [[nodiscard]] NamedInputs seeds() const override {
    NamedInputs all;
    const auto add = [&](const std::string& name, foreign::Status status, const std::string& text) {
      const foreign::Reply head{foreign::magic, static_cast<std::uint32_t>(status)};
      const auto* from = reinterpret_cast<const std::uint8_t*>(&head);
      std::vector<std::uint8_t> bytes(from, from + sizeof head);
      bytes.insert(bytes.end(), text.begin(), text.end());
      all.emplace_back(name, std::move(bytes));
    };
    bptt_description all_of_it{(2U * BPTT_CONTAINS_NAN) - 1,
                               BPTT_BY_LAG,
                               0,
                               2,
                               3,
                               "one sentence",
                               nullptr,
                               nullptr,
                               0,
                               "n_x < n_a"};
    add("description", foreign::Status::ok, foreign::text_of(all_of_it));
    all_of_it = {
        BPTT_LSTM | BPTT_F32, BPTT_ONE_PASS, 0, 0.5, 1e6, nullptr, nullptr, nullptr, 0, nullptr};
    add("without_text", foreign::Status::ok, foreign::text_of(all_of_it));
    add("python", foreign::Status::ok, "function rnn_forward\nfunction rnn_backward\nnote one\n");
    add("raised", foreign::Status::raised, "it returned 3: no");
    add("crashing", foreign::Status::crashing, "no memoryat address 0x10");
    add("no_numbers", foreign::Status::ok, "flags x\nderivation \n");
    return all;
  }
};

}  // namespace

std::unique_ptr<Target> make_worker_protocol_target() {
  return std::make_unique<WorkerProtocolTarget>();
}

}  // namespace bptt::fuzz
