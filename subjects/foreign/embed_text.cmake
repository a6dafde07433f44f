# cmake -DTEXT=<numpy_worker.py> -DOUT=<file.cpp> -P embed_text.cmake
# Writes a C++ file that holds the text: subjects/foreign/numpy_worker.hpp.
cmake_minimum_required(VERSION 3.25)
file(READ ${TEXT} text)
file(WRITE ${OUT}
"// Written by embed_text.cmake.
#include \"subjects/foreign/numpy_worker.hpp\"

namespace bptt::foreign {

std::string_view numpy_worker_source() {
  return R\"numpy_worker(${text})numpy_worker\";
}

}  // namespace bptt::foreign
")
