# cmake -DPROGRAM=<bptt-verify> -DPAGE=<docs/cells.md> -P cells_page_test.cmake
# The page in the tree is the one that the program writes.
execute_process(COMMAND ${PROGRAM} derive all --markdown OUTPUT_VARIABLE written COMMAND_ERROR_IS_FATAL ANY)
file(READ ${PAGE} page)
if(NOT page STREQUAL written)
  message(FATAL_ERROR "${PAGE} is not what 'bptt-verify derive all --markdown' writes: write it anew")
endif()
