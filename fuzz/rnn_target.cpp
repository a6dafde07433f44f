// The catalogue on the optimized RNN.
#include "fuzz/fuzz_catalogue.hpp"
#include "subjects/optimized_subjects.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bptt::fuzz::CatalogueTarget target(bptt::Cell::rnn, bptt::optimized_subject_names());
  bptt::fuzz::fuzz_catalogue(target, std::span(data, size));
  return 0;
}
