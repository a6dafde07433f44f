# cmake -DBUILD=<build folder> -DCONSUMER=<project> -DSCRATCH=<folder> -DGENERATOR=.. -DCOMPILER=..
#       -DFLAGS=.. -DBUILD_TYPE=.. -DC_COMPILER=.. -DEXAMPLES=<examples/foreign> -P install_test.cmake
# Installs the build into a scratch folder, and there builds and runs a project that knows
# nothing but find_package(bptt). Requires that the whole project is built.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${status}:\n${out}")
  endif()
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/prefix)

file(GLOB_RECURSE installed LIST_DIRECTORIES FALSE RELATIVE ${SCRATCH}/prefix ${SCRATCH}/prefix/include/*)
if(NOT "include/bptt/core/shape.hpp" IN_LIST installed)
  message(FATAL_ERROR "include/bptt/core/shape.hpp is not installed")
endif()
foreach(file IN LISTS installed)
  if(NOT file MATCHES "\\.(hpp|h)$" OR file MATCHES "_test\\.|test_support")
    message(FATAL_ERROR "${file} is installed, but is no header for users")
  endif()
endforeach()

# A shared library that knows nothing but the installed header, and the installed program.
if(EXISTS ${SCRATCH}/prefix/bin/bptt-verify)
  run(${C_COMPILER} -std=c99 -fPIC -shared -I ${SCRATCH}/prefix/include ${EXAMPLES}/rnn.c
      -o ${SCRATCH}/librnn.so -lm)
  foreach(subject ${SCRATCH}/librnn.so ${EXAMPLES}/course.py)
    run(${SCRATCH}/prefix/bin/bptt-verify check ${subject} --cases 2 --max-size 3
        --property ^equals_reference$ --call-timeout 60)
  endforeach()
endif()

run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${SCRATCH}/build -G ${GENERATOR}
    -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix -DCMAKE_BUILD_TYPE=${BUILD_TYPE}
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS})
run(${CMAKE_COMMAND} --build ${SCRATCH}/build)
run(${SCRATCH}/build/consumer)
run(${SCRATCH}/build/checks_its_own)
