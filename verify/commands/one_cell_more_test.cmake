# cmake -DPROGRAM=<one_cell_more> -DWITHOUT=<bptt-verify> -DROOT=<tree> -DSCRATCH=<folder> -P one_cell_more_test.cmake
# What a cell costs: its file in cells/built_in. With that alone the program has it in the catalogue, in both
# scalars, in layers, directions and lengths, with its single faults, and derived; no source names it.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

# However busy the machine is: this time only ends what hangs.
set(time --call-timeout 600)
execute_process(COMMAND ${WITHOUT} check lines --cell leaky_peephole --cases 1 RESULT_VARIABLE status OUTPUT_QUIET
                ERROR_VARIABLE said)
if(NOT status EQUAL 2 OR NOT said MATCHES "leaky_peephole")
  message(FATAL_ERROR "without its file the cell is there: ${status}, ${said}")
endif()
expect(0 "lines: nothing broken" -- check lines --cell leaky_peephole --cases 4 --rows)
foreach(row "equals_reference  *leaky_peephole  *f32" "equals_reference  *leaky_peephole  *f64"
            "adjoint_identity_exactly  *leaky_peephole")
  if(NOT out MATCHES "${row}")
    message("no row '${row}' in:\n${out}")
    math(EXPR failures "${failures} + 1")
  endif()
endforeach()
foreach(network both reverse x2 lengths both_x2_lengths)
  expect(0 "lines: nothing broken" -- check lines --cell leaky_peephole_${network} --cases 2 --max-size 4
         --property "^equals_reference$|^layer_after|^directions|^samples_alone|^padding")
endforeach()
expect(0 "zr = V xt" -- derive leaky_peephole)
# Every eighth of its single faults is seen.
foreach(edit RANGE 1 41 8)
  expect(1 "BROKEN" -- check lines:leaky_peephole:${edit} --cases 30 --until-broken --diagnosis-seconds 0
         --property "^equals_reference$|^one_pass_equals_one_walk|^padding")
endforeach()
execute_process(COMMAND ${PROGRAM} derive leaky_peephole --numpy OUTPUT_FILE ${SCRATCH}/leaky.py)
expect(0 "leaky.py:leaky_peephole: nothing broken" -- check leaky.py --cases 2 --max-size 5 ${time})

# A cell that has been added so is named by its file alone.
set(files "")
foreach(folder core arithmetic cells bounds reference optimized subjects properties diagnosis verify fuzz bench cmake)
  file(GLOB_RECURSE of_folder RELATIVE ${ROOT} ${ROOT}/${folder}/*.cpp ${ROOT}/${folder}/*.hpp ${ROOT}/${folder}/*.h
       ${ROOT}/${folder}/*.cell ${ROOT}/${folder}/*.cmake ${ROOT}/${folder}/CMakeLists.txt)
  list(APPEND files ${of_folder})
endforeach()
list(FILTER files EXCLUDE REGEX "_test\\.|test_support|subjects/peers/")  # whose table is of what oneDNN has
set(naming "")
foreach(file IN LISTS files)
  file(STRINGS ${ROOT}/${file} found REGEX "lstm_peephole" LIMIT_COUNT 1)
  if(found)
    list(APPEND naming ${file})
  endif()
endforeach()
if(NOT naming STREQUAL "cells/built_in/lstm_peephole.cell")
  message("lstm_peephole is named in ${naming}")
  math(EXPR failures "${failures} + 1")
endif()

if(failures GREATER 0)
  message(FATAL_ERROR "${failures} expectations failed")
endif()
