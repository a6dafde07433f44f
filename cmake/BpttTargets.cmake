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

# The folders whose libraries other projects may use. The rest are programs.
set(BPTT_INSTALLED_FOLDERS core arithmetic reference optimized subjects properties diagnosis
                           verify)

function(bptt_target_options target)
  target_compile_options(${target} PRIVATE ${BPTT_WARNINGS})
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

# bptt_add_test(core_test SOURCES shape_test.cpp ... LINKS bptt::core LABELS unit)
# makes one executable whose GoogleTest cases are ctest tests with the given labels.
function(bptt_add_test name)
  if(NOT BPTT_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  bptt_target_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE BPTT_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  bptt_discover_tests(${name} "${ARG_LABELS}")
endfunction()

# bptt_discover_tests(target labels): the GoogleTest cases of a program become ctest tests.
function(bptt_discover_tests target labels)
  gtest_discover_tests(${target} DISCOVERY_TIMEOUT ${BPTT_TEST_TIMEOUT} PROPERTIES LABELS "${labels}")
endfunction()
