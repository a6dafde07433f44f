# cmake -DFOLDER=<folder> -DFILES="a.npz b.npz" -DOUT=<file.cpp> -P embed_files.cmake
# Writes a C++ file that holds the bytes of the files: properties/embedded_files.hpp.
cmake_minimum_required(VERSION 3.25)
separate_arguments(FILES UNIX_COMMAND "${FILES}")
set(arrays "")
set(rows "")
set(k 0)
foreach(file IN LISTS FILES)
  file(READ ${FOLDER}/${file} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char file_${k}[] = {${bytes}};\n")
  string(REGEX REPLACE "\\.[a-z]+$" "" name ${file})
  string(APPEND rows "      {\"${name}\", std::as_bytes(std::span(file_${k}))},\n")
  math(EXPR k "${k} + 1")
endforeach()
file(WRITE ${OUT}
"// Written by embed_files.cmake.
#include \"properties/embedded_files.hpp\"

namespace bptt::properties {
namespace {
${arrays}}  // namespace

std::vector<EmbeddedFile> embedded_files() {
  return {
${rows}  };
}

}  // namespace bptt::properties
")
