# How every library and every test of the project is declared.
include(GNUInstallDirs)
include(GoogleTest)
include(BpttInstall)

# Seconds after which a test that hangs is ended. No test may have a limit of its own (house.rules):
# under sanitizers, on a machine with much else to do, any test takes many times as long as usual.
set(BPTT_TEST_TIMEOUT 7200)

option(BPTT_WARNINGS_AS_ERRORS "Warnings are errors" OFF)
set(BPTT_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Wnon-virtual-dtor
                  -Woverloaded-virtual -Wcast-qual -Wextra-semi -Wundef)
# g++ 12 sees overlapping copies in std::string's own operator+ (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND BPTT_WARNINGS -Wno-restrict)
endif()
# Instrumented code hides from g++ that a value is set: it warns of std::regex's own headers
# (https://gcc.gnu.org/onlinedocs/gcc/Instrumentation-Options.html, at -fsanitize=address).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
  list(APPEND BPTT_WARNINGS -Wno-maybe-uninitialized)
endif()
if(BPTT_WARNINGS_AS_ERRORS)
  list(APPEND BPTT_WARNINGS -Werror)
endif()

# A compiler's cache and a fast linker, where they are there.
find_program(BPTT_CCACHE ccache)
if(BPTT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${BPTT_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${BPTT_CCACHE})
endif()
find_program(BPTT_MOLD mold)
if(BPTT_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# The files of a target are compiled together, some at a time: what they include and instantiate alike,
# which is most of the compiler's time, is then worked through once. Every file still includes what it
# needs: ./dev lint compiles each on its own.
option(BPTT_TOGETHER "Compile files of a target together; OFF: each on its own" ON)
set(CMAKE_UNITY_BUILD ${BPTT_TOGETHER})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
# The compiler then takes a local name for the shadow of one that stands in another file, and g++ a file
# for a header, in which a type without linkage would be trouble. ./dev lint sees each file alone.
if(BPTT_TOGETHER)
  list(REMOVE_ITEM BPTT_WARNINGS -Wshadow)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND BPTT_WARNINGS -Wno-subobject-linkage)
  endif()
endif()

# The folders whose libraries other projects may use. The rest are programs.
set(BPTT_INSTALLED_FOLDERS core arithmetic cells bounds reference optimized subjects properties diagnosis
                           verify)

function(bptt_target_options target)
  target_compile_options(${target} PRIVATE ${BPTT_WARNINGS})
endfunction()

# bptt_optimise(target level): in place of -O2. A program whose time is that of the libraries it calls
# need not be optimised, which takes half of the compiler's time.
function(bptt_optimise target level)
  target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:${level}>)
endfunction()

# bptt_add_library(core SOURCES shape.cpp ... LINKS fmt::fmt ...)
# makes bptt_core, known to users as bptt::core; without SOURCES it is a header-only library.
# The library and the headers of its folder are installed (cmake/BpttInstall.cmake).
function(bptt_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  if(ARG_SOURCES)
    add_library(bptt_${name} STATIC ${ARG_SOURCES})
    bptt_target_options(bptt_${name})
    set(scope PUBLIC)
    target_link_libraries(bptt_${name} PRIVATE ${ARG_PRIVATE_LINKS})
  else()
    add_library(bptt_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(bptt::${name} ALIAS bptt_${name})
  target_include_directories(bptt_${name} ${scope}
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/bptt>)
  target_compile_features(bptt_${name} ${scope} cxx_std_20)
  target_link_libraries(bptt_${name} ${scope} ${ARG_LINKS})
  set_target_properties(bptt_${name} PROPERTIES EXPORT_NAME ${name})

  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  if(folder IN_LIST BPTT_INSTALLED_FOLDERS)
    bptt_install_library(bptt_${name} ${folder} ${ARG_LINKS} ${ARG_PRIVATE_LINKS})
  endif()
endfunction()

# bptt_embed(files.cpp folder/files.hpp bptt::files FILE ...): the files' bytes as part of a library, as
# core/embedded_file.hpp has them. files.cpp is written into the build's folder.
function(bptt_embed out header function)
  list(TRANSFORM ARGN REPLACE "(.+)" "\"\\1\"" OUTPUT_VARIABLE files)
  list(JOIN files " " files)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DFILES=${files} -DHEADER=${header} -DFUNCTION=${function} -DOUT=${out}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${PROJECT_SOURCE_DIR}/cmake/embed.cmake ${ARGN} VERBATIM)
endfunction()

# Where the tests find the tree's files; see core/test_support.hpp.
if(BPTT_BUILD_TESTS)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/source_folder.cpp.in source_folder.cpp @ONLY)
  add_library(bptt_source_folder STATIC ${CMAKE_CURRENT_BINARY_DIR}/source_folder.cpp)
endif()

# bptt_add_test(core_test SOURCES shape_test.cpp ... LINKS bptt::core LABELS unit)
# makes one executable whose GoogleTest cases are ctest tests with the given labels. OPTIMISE -O1: where
# the test's own code takes the time.
function(bptt_add_test name)
  if(NOT BPTT_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;LABELS;OPTIMISE" ${ARGN})
  if(NOT ARG_OPTIMISE)
    set(ARG_OPTIMISE -O0)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  bptt_target_options(${name})
  bptt_optimise(${name} ${ARG_OPTIMISE})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} bptt_source_folder GTest::gtest_main)
  bptt_discover_tests(${name} "${ARG_LABELS}")
endfunction()

# What has threads, which is all that the thread sanitizer can see anything in: its presets build this
# target alone, and run the tests with the label threads.
add_custom_target(tests_with_threads)

# bptt_discover_tests(target labels [filter]): the GoogleTest cases of a program become ctest tests,
# or those that a filter of GoogleTest's lets through.
function(bptt_discover_tests target labels)
  set(tests ${target}_TESTS)
  set(filter "")
  if(ARGC GREATER 2)
    string(MD5 id "${ARGV2}")
    set(tests ${target}_${id})
    set(filter TEST_FILTER "${ARGV2}")
  endif()
  gtest_discover_tests(${target} ${filter} TEST_LIST ${tests} DISCOVERY_TIMEOUT ${BPTT_TEST_TIMEOUT})
  # As a property given above, a list of labels would lose all but the first. What is slow is begun
  # first, so that nothing goes on alone at the end.
  set(cost 0)
  if("slow" IN_LIST labels)
    set(cost 100)
  endif()
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${tests}_labels.cmake
    "foreach(test IN LISTS ${tests})\n"
    "  set_tests_properties(\"\${test}\" PROPERTIES LABELS \"${labels}\" COST ${cost})\n"
    "endforeach()\n")
  set_property(DIRECTORY APPEND PROPERTY
    TEST_INCLUDE_FILES ${CMAKE_CURRENT_BINARY_DIR}/${tests}_labels.cmake)
  if("threads" IN_LIST labels)
    add_dependencies(tests_with_threads ${target})
  endif()
endfunction()
