#include "subjects/peers/peer_subjects.hpp"

namespace bptt {

std::vector<std::string> peer_subject_names() {
  std::vector<std::string> names;
#ifdef BPTT_WITH_ONEDNN
  names.emplace_back("onednn");
#endif
#ifdef BPTT_WITH_TORCH
  names.emplace_back("torch");
#endif
  return names;
}

std::unique_ptr<Subject> make_peer_subject([[maybe_unused]] std::string_view name) {
#ifdef BPTT_WITH_ONEDNN
  if (name == "onednn") return make_onednn_subject();
#endif
#ifdef BPTT_WITH_TORCH
  if (name == "torch") return make_torch_subject();
#endif
  return nullptr;
}

}  // namespace bptt
