#include "core/npz.hpp"

#include <zip.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

#include "core/error.hpp"
#include "core/whole_file.hpp"

namespace bptt {
namespace {

constexpr std::string_view suffix = ".npy";
constexpr std::size_t longest_entry_name = 65535;  // a field of 16 bits

template <auto close>
struct Closer {
  template <class T>
  void operator()(T* object) const {
    close(object);
  }
};
using Archive = std::unique_ptr<zip_t, Closer<zip_discard>>;
using Source = std::unique_ptr<zip_source_t, Closer<zip_source_free>>;
using EntryFile = std::unique_ptr<zip_file_t, Closer<zip_fclose>>;
using CFile = std::unique_ptr<std::FILE, Closer<std::fclose>>;

class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ~ZipError() { zip_error_fini(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;

  zip_error_t* get() { return &error_; }
  int code() const { return zip_error_code_zip(&error_); }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_{};
};

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// "x" for an entry "x.npy".
std::string array_name(std::string_view entry_name, zip_uint64_t index) {
  if (!is_printable(entry_name))
    throw FormatError("the name of entry " + std::to_string(index) + " is not printable ASCII");
  if (!entry_name.ends_with(suffix) || entry_name == suffix)
    throw FormatError("entry '" + std::string(entry_name) +
                      "' is not an array: names are expected to end in .npy");
  return std::string(entry_name.substr(0, entry_name.size() - suffix.size()));
}

Archive open_archive(std::span<const std::byte> file) {
  // libzip takes no bytes at all for an archive without entries.
  if (file.empty()) throw FormatError("the file is empty, an .npz archive has at least 22 bytes");
  ZipError error;
  Source source(zip_source_buffer_create(file.data(), file.size(), 0, error.get()));
  if (!source) throw FormatError("not an .npz archive: " + error.text());
  // ZIP_CHECKCONS: both places that describe an entry agree, names differ, no byte is left over.
  Archive archive(zip_open_from_source(source.get(), ZIP_RDONLY | ZIP_CHECKCONS, error.get()));
  if (!archive && error.code() == ZIP_ER_EXISTS)
    throw FormatError("two entries of the archive have the same name");
  if (!archive)
    throw FormatError("not an .npz archive (" + std::to_string(file.size()) +
                      " bytes): " + error.text());
  static_cast<void>(source.release());  // the archive owns it from here on
  return archive;
}

/// What the directory says of an entry, after everything that can be refused by it alone.
zip_stat_t checked_stat(zip_t* archive, zip_uint64_t index) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  constexpr zip_uint64_t needed =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &stat) != 0 || (stat.valid & needed) != needed)
    throw FormatError("entry " + std::to_string(index) +
                      " cannot be read: " + zip_strerror(archive));
  return stat;
}

void require_readable(const zip_stat_t& stat) {
  if (stat.encryption_method != ZIP_EM_NONE)
    throw FormatError(std::string(stat.name) + ": encrypted entries are not supported");
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
    throw FormatError(std::string(stat.name) + ": compression method " +
                      std::to_string(stat.comp_method) +
                      " is not supported (0, stored, and 8, deflate, are)");
}

/// The unpacked entry. The buffer grows with what comes out, not with what was promised.
std::vector<std::byte> unpacked(zip_t* archive, zip_uint64_t index, const zip_stat_t& stat) {
  EntryFile entry(zip_fopen_index(archive, index, 0));
  if (!entry) throw FormatError(std::string(stat.name) + ": " + zip_strerror(archive));
  std::vector<std::byte> bytes;
  std::vector<std::byte> chunk(std::size_t{1} << 16);
  while (bytes.size() <= stat.size) {
    const zip_int64_t count = zip_fread(entry.get(), chunk.data(), chunk.size());
    if (count < 0)
      throw FormatError(std::string(stat.name) + ": " + zip_file_strerror(entry.get()));
    if (count == 0) break;  // libzip compares the checksum when the end is reached
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + count);
  }
  if (bytes.size() != stat.size)
    throw FormatError(std::string(stat.name) + ": the directory promises " +
                      std::to_string(stat.size) + " bytes, " +
                      (bytes.size() > stat.size ? "more" : std::to_string(bytes.size())) +
                      " come out");
  return bytes;
}

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  const auto refuse = [&](int code) {
    throw Error("cannot read " + path.string() + ": " + std::generic_category().message(code));
  };
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) refuse(error.value());
  const CFile file(std::fopen(path.c_str(), "rb"));
  if (!file) refuse(errno);
  std::vector<std::byte> bytes(size);
  const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), file.get());
  if (std::ferror(file.get()) != 0) refuse(errno);
  bytes.resize(count);  // should the file have shrunk meanwhile
  return bytes;
}

/// The bytes that libzip wrote into a buffer source.
std::vector<std::byte> content(zip_source_t* source) {
  zip_stat_t stat;
  if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0)
    throw Error(std::string("cannot read the archive back: ") +
                zip_error_strerror(zip_source_error(source)));
  std::vector<std::byte> bytes(stat.size);
  const zip_int64_t count = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (count < 0 || static_cast<std::size_t>(count) != bytes.size())
    throw Error("cannot read the archive back: " + std::to_string(count) + " of " +
                std::to_string(bytes.size()) + " bytes");
  return bytes;
}

/// An entry of the archive; `bytes` must live until the archive is closed.
void add_entry(zip_t* archive, const std::string& name, const std::vector<std::byte>& bytes) {
  if (name.empty() || !is_printable(name))
    throw Error("cannot write an array named '" + name +
                "': names are printable ASCII and not empty");
  // libzip 1.7 would write the low 16 bits of the length, and with them a broken archive.
  if (name.size() + suffix.size() > longest_entry_name)
    throw Error("cannot write an array with a name of " + std::to_string(name.size()) +
                " characters: " + std::to_string(longest_entry_name - suffix.size()) +
                " is the most");
  const auto refuse = [&] {
    throw Error("cannot write " + name + ".npy: " + zip_strerror(archive));
  };
  Source source(zip_source_buffer(archive, bytes.data(), bytes.size(), 0));
  if (!source) refuse();
  const zip_int64_t index =
      zip_file_add(archive, (name + std::string(suffix)).c_str(), source.get(), ZIP_FL_ENC_UTF_8);
  if (index < 0) refuse();
  static_cast<void>(source.release());  // the archive owns it from here on
  constexpr zip_uint16_t january_first_1980 = (1 << 5) | 1;
  const auto entry = static_cast<zip_uint64_t>(index);
  if (zip_set_file_compression(archive, entry, ZIP_CM_STORE, 0) != 0 ||
      zip_file_set_dostime(archive, entry, 0, january_first_1980, 0) != 0)
    refuse();
}

}  // namespace

Named<NpyArray> read_npz(std::span<const std::byte> file) {
  const Archive archive = open_archive(file);
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
  const zip_uint64_t limit = npz_ratio * file.size() + npz_allowance;
  zip_uint64_t left = limit;
  Named<NpyArray> arrays;
  for (zip_uint64_t index = 0; index < count; ++index) {
    const zip_stat_t stat = checked_stat(archive.get(), index);
    const std::string name = array_name(stat.name, index);
    require_readable(stat);
    if (stat.size > left)
      throw FormatError(name + ".npy: unpacks to " + std::to_string(stat.size) +
                        " bytes; an archive of " + std::to_string(file.size()) +
                        " bytes may unpack to " + std::to_string(limit) + ", of which " +
                        std::to_string(left) + " are left");
    left -= stat.size;
    const std::vector<std::byte> bytes = unpacked(archive.get(), index, stat);
    try {
      arrays.add(name, read_npy(bytes));
    } catch (const FormatError& error) {
      throw FormatError(name + ".npy: " + error.what());
    }
  }
  return arrays;
}

Named<NpyArray> read_npz(const std::filesystem::path& path) {
  try {
    return read_npz(read_file(path));
  } catch (const FormatError& error) {
    throw FormatError(path.string() + ": " + error.what());
  }
}

std::vector<std::byte> write_npz(const Named<NpyArray>& arrays) {
  if (arrays.size() == 0) {
    // libzip writes nothing for an archive without entries; its end record alone is one.
    std::vector<std::byte> end_record(22);
    const std::array<std::byte, 4> signature{std::byte{'P'}, std::byte{'K'}, std::byte{5},
                                             std::byte{6}};
    std::copy(signature.begin(), signature.end(), end_record.begin());
    return end_record;
  }
  std::vector<std::vector<std::byte>> files;  // read when the archive is closed
  files.reserve(arrays.size());
  ZipError error;
  const Source target(zip_source_buffer_create(nullptr, 0, 0, error.get()));
  if (!target) throw Error("cannot start an archive: " + error.text());
  Archive archive(zip_open_from_source(target.get(), ZIP_TRUNCATE, error.get()));
  if (!archive) throw Error("cannot start an archive: " + error.text());
  zip_source_keep(target.get());  // one owner is the archive, the other `target`
  for (const auto& [name, array] : arrays)
    add_entry(archive.get(), name, files.emplace_back(write_npy(array)));
  if (zip_close(archive.get()) != 0)
    throw Error(std::string("cannot finish the archive: ") + zip_strerror(archive.get()));
  static_cast<void>(archive.release());  // zip_close freed it
  return content(target.get());
}

void write_npz(const std::filesystem::path& path, const Named<NpyArray>& arrays) {
  const std::vector<std::byte> bytes = write_npz(arrays);
  write_whole(path, bytes);
}

}  // namespace bptt
