#include "subjects/foreign/foreign_subjects.hpp"

#include <filesystem>

#include "core/error.hpp"
#include "subjects/foreign/foreign_session.hpp"

namespace bptt::foreign {
namespace {

struct Name {
  std::string path, part;
};

bool is_python(std::string_view path) { return path.ends_with(".py") || path.ends_with(".ipynb"); }

Name split(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  if (colon == std::string_view::npos || !is_python(name.substr(0, colon)))
    return {std::string(name), ""};
  return {std::string(name.substr(0, colon)), std::string(name.substr(colon + 1))};
}

bool is_library(std::string path) {
  // libmine.so.1.2 too
  path = std::filesystem::path(path).filename().string();
  const std::size_t at = path.rfind(".so");
  return at != std::string::npos &&
         path.find_first_not_of("0123456789.", at + 3) == std::string::npos;
}

void require_file(const std::string& path) {
  std::error_code unused;
  if (!std::filesystem::is_regular_file(path, unused))
    throw Error("there is no file " + path + " (seen from " +
                std::filesystem::current_path(unused).string() + ")");
}

}  // namespace

bool is_file_name(std::string_view name) {
  const std::string path = split(name).path;
  return is_python(path) || is_library(path);
}

Parts parts_of(const std::string& name, const Options& options) {
  const auto [path, part] = split(name);
  require_file(path);
  if (is_python(path) && part.empty()) return python_parts(path, options);
  return {{name}, {}};
}

std::unique_ptr<Subject> make_foreign_subject(const std::string& name, const Options& options) {
  const auto [path, part] = split(name);
  require_file(path);
  if (!is_python(path)) return make_library_subject(name, options);
  if (!part.empty()) return make_python_subject(path, part, options);
  const Parts parts = python_parts(path, options);
  if (parts.names.size() == 1)
    return make_python_subject(path, split(parts.names.front()).part, options);
  std::string list;
  for (const auto& one : parts.names) list += (list.empty() ? "" : ", ") + one;
  throw UnsupportedError(path + " has several parts, each a subject: " + list);
}

std::vector<std::string> lines_of(std::string_view description, std::string_view key) {
  std::vector<std::string> found;
  while (!description.empty()) {
    const std::size_t end = std::min(description.find('\n'), description.size());
    const std::string_view line = description.substr(0, end);
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ')
      found.emplace_back(line.substr(key.size() + 1));
    description.remove_prefix(std::min(end + 1, description.size()));
  }
  return found;
}

void require_ok(const Answer& answer, const std::string& what, const Process& process) {
  const auto fail = [&](Cause cause, const std::string& text) {
    throw SubjectFailure(cause, text, process.output());
  };
  const bool named = answer.text.find("in " + what) != std::string::npos;
  const std::string in = answer.text + (named ? "" : ", in " + what);
  switch (answer.status) {
    case Status::ok: return;
    case Status::raised: fail(Cause::raised, in); break;
    case Status::wrong_shape: fail(Cause::wrong_shape, in); break;
    case Status::wrong_type: fail(Cause::wrong_type, in); break;
    case Status::out_of_memory: fail(Cause::out_of_memory, in); break;
    case Status::exited: fail(Cause::exited, in); break;
    case Status::changed_input: fail(Cause::changed_input, in); break;
    case Status::refused_shape: throw ShapeError(answer.text);
    case Status::crashing:
    case Status::cannot_load:
    case Status::no_numpy: break;
  }
  fail(Cause::garbled, "what came is no answer to " + what);
}

}  // namespace bptt::foreign
