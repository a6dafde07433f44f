#include "core/whole_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <system_error>

#include "core/error.hpp"

namespace bptt {

void write_whole(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  // In the same folder, so that the rename cannot become a copy.
  std::filesystem::path temporary = path;
  temporary += '.';
  temporary += std::to_string(std::random_device{}()) + ".tmp";
  std::unique_ptr<std::FILE, Closer> file(std::fopen(temporary.c_str(), "wbx"));
  bool good = file != nullptr;
  int code = errno;
  const auto note = [&](bool succeeded) {
    if (good && !succeeded) code = errno;
    good = good && succeeded;
  };
  if (file) {
    note(std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size());
    note(std::fflush(file.get()) == 0);
    note(fsync(fileno(file.get())) == 0);  // or a power cut leaves a renamed, empty file
    note(std::fclose(file.release()) == 0);
    if (good) note(std::rename(temporary.c_str(), path.c_str()) == 0);
    if (!good) std::remove(temporary.c_str());
  }
  if (!good)
    throw Error("cannot write " + path.string() + ": " + std::generic_category().message(code));
}

void write_whole(const std::filesystem::path& path, std::string_view text) {
  write_whole(path, std::as_bytes(std::span(text)));
}

}  // namespace bptt
