// A diagnosis as a part of a JSON document. The fields are described in docs/json.md.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "diagnosis/subject_diagnosis.hpp"

namespace bptt::verify {

[[nodiscard]] nlohmann::ordered_json as_json(const diagnosis::SubjectDiagnosis& diagnosis);

}  // namespace bptt::verify
