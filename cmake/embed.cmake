# cmake -DFILES="path path .." -DHEADER=folder/name.hpp -DFUNCTION=bptt::name -DOUT=file.cpp -P embed.cmake
# Writes a C++ file with the bytes of the files: the function, which HEADER declares, returns them.
cmake_minimum_required(VERSION 3.25)
separate_arguments(FILES UNIX_COMMAND "${FILES}")
set(arrays "")
set(rows "")
set(k 0)
foreach(file IN LISTS FILES)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "  static constexpr unsigned char file_${k}[] = {${bytes}};\n")
  get_filename_component(name ${file} NAME_WLE)
  string(APPEND rows "      {\"${name}\", std::as_bytes(std::span(file_${k}))},\n")
  math(EXPR k "${k} + 1")
endforeach()
file(WRITE ${OUT}
"// Written by embed.cmake.
#include \"${HEADER}\"

std::vector<bptt::EmbeddedFile> ${FUNCTION}() {
${arrays}  return {
${rows}  };
}
")
