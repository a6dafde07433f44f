# cmake -DPROGRAM=<bptt-verify> -DLIBRARIES=<examples> -DEXAMPLES=<examples/foreign> -DCXX=<compiler>
#       -DHEADER=<folder of bptt_subject.h> -DSCRATCH=<folder> -P foreign_scan_test.cmake
# A scan cut into chunks, one for each thread: the same bits on whole numbers with any number of threads; a
# carry between chunks that is lost or is another step's is seen.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

# However busy the machine is: this time only ends what hangs.
set(time --call-timeout 600)
foreach(threads 1 2 3 7)
  set(ENV{BPTT_SCAN_THREADS} ${threads})
  expect(0 "nothing broken in [0-9]" -- check ${LIBRARIES}/libscan.so --property ^integers_are_exact --cases 60 ${time})
  expect(0 "nothing broken in [0-9]" -- check ${LIBRARIES}/libscan.so --cases 4 ${time})
endforeach()
expect(0 "nothing broken in [0-9]" -- check ${LIBRARIES}/libscan.so --sizes middle --cases 12 --property ^equals_reference$ ${time})

file(READ ${EXAMPLES}/scan.cpp right)
function(expect_broken name from to broken)
  string(REPLACE "${from}" "${to}" wrong "${right}")
  if(wrong STREQUAL right)
    message(FATAL_ERROR "scan.cpp has no '${from}'")
  endif()
  file(WRITE ${SCRATCH}/${name}.cpp "${wrong}")
  execute_process(COMMAND ${CXX} -std=c++17 -O1 -fPIC -shared -pthread -I ${HEADER} ${name}.cpp -o lib${name}.so
                  WORKING_DIRECTORY ${SCRATCH} COMMAND_ERROR_IS_FATAL ANY)
  foreach(sizes "--max-size;9" "--sizes;middle")
    expect(1 "${broken}" -- check ./lib${name}.so --cases 12 ${sizes} --diagnosis-seconds 0 ${time}
           --property "^equals_reference$|^integers_are_exact|^recomputed")
  endforeach()
endfunction()
# What came into a chunk does not come out of it.
expect_broken(dropped "y(last)[e] + product(last)[e] * from[e]" "y(last)[e] + 0 * from[e]" "BROKEN equals_reference")
# A chunk begins with the factor of its last step, or backwards with that of the step before.
expect_broken(last_factor "product(last)[e] * from[e]" "r(last)[e] * from[e]" "BROKEN equals_reference")
expect_broken(neighbour "a[step(k) + 1]" "a[step(k)]" "BROKEN equals_reference")
# The state before the first step reaches the first chunk alone.
expect_broken(no_start "if (before != nullptr) std::copy(before, before + width, carried.begin());" "(void)before;"
              "BROKEN equals_reference")

if(failures GREATER 0)
  message(FATAL_ERROR "${failures} expectations failed")
endif()
