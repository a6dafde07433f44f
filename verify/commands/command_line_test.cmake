# cmake -DPROGRAM=<bptt-verify> -DSCRATCH=<folder> -P command_line_test.cmake
# The program as its users meet it: exit status, output, messages, JSON.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

# The derivation of a cell, of the program's and of a file.
expect(0 "dconcat \\+= Wf\\^T dzf" "dc_next \\+= dtanh_c" "dbf, dbi, dbc and dbo are .n_a, 1. for every m"
       "dc_next accumulates: it begins with .* c_prev of the next step send back,
  and tanh_c, which reads c_next too, adds its own" "dconcat accumulates: zf, zi, zc and zo read concat"
       -- derive lstm)
expect(0 "relu\\(z\\)" "dba is .n_a, 1. for every m: .* sum" -- derive rnn --activation relu)
expect(0 "mathrel" -- derive gru --latex)
expect(2 "there is no cell 'elman'; they are rnn, lstm" -- derive elman)
expect(2 "the cell rnn has no g = exp; it has: tanh relu identity" -- derive rnn --activation exp)
expect(2 "the cell lstm leaves no function to be chosen" -- derive lstm --activation relu)
expect(2 "cannot read none.cell" -- derive none.cell)

# However busy the machine is: these times only end what hangs.
set(time --seconds 100000)
set(diagnosis_time --diagnosis-seconds 100000)
set(small --cases 3 --max-size 4 --property "^equals_reference$")

# It tells what it is and what there is.
expect(0 "^bptt-verify [0-9]+\\.[0-9]+\\.[0-9]+\n$" -- --version)
expect(0 "check" "replay" "list" "Exit status" -- --help)
expect(0 "Examples:" "--seed" "--property REGEX" -- check --help)
expect(0 "Example:" -- replay --help)
expect(0 "Examples:" -- list --help)
expect(0 "Examples:" "--html FILE" "track-history" -- report --help)
expect(0 "equals_reference  \\(bounded, every cell\\)" "contraction  \\(bounded, rnn\\)" -- list properties)
expect(0 "(^|\n)optimized  " "\nfault:no_carry  " -- list subjects)
expect(0 "fault:no_carry +A3 +lstm +neither da_prevt nor dc_prevt" -- list faults)
expect(0 "\"subject\": \"fault:drop_da_prevt\"" -- list faults --json)
expect_json("${out}" A1 0 model)
expect(0 "lstm_backward_new +an LSTM over seven steps" -- list cases)
expect(0 "\"case\": \"rnn_cell_forward_nb\"" -- list cases --json)
expect_json("${out}" rnn_cell_forward_nb 0 case)
expect(0 "\"subject\": \"optimized\"" -- list subjects --json)
expect_json("${out}" reference 0 subject)
expect(0 "\"property\": \"linear_in_da\"" -- list properties --json)
expect_json("${out}" shapes_are_those_of_the_arrays 0 property)

# Everything about a fault.
expect(0 "fault:drop_da_prevt \\(A1, rnn lstm\\)" "wrong +da_next = da" "right +da_next = da.*\\+ da_prevt"
       "seen +T > 1" "mend +add" "source +.*Flux.jl#1209" -- explain fault:drop_da_prevt)
expect(0 "fault:no_carry .*fault:ignore_a0 " -- explain no_carry+ignore_a0)
expect(0 "\"cells\": " -- explain fault:no_carry+ignore_a0 --json)
expect_json("${out}" fault:ignore_a0 1 subject)
expect_json("${out}" lstm 0 cells 0)
expect(0 "Examples:" -- explain --help)

# Faults of scale are right in small problems, and it says that these were small.
expect(0 "fault:far_weights_stored \\(G, rnn lstm\\)" "from +n_a \\(n_a \\+ n_x\\) = 262144"
       "check fault:far_weights_stored --until-broken" -- explain far_weights_stored)
expect(0 "\"extent\": \"m\"" -- explain fault:last_of_8_threads_not_added --json)
expect_json("${out}" 64 0 from)
expect(0 "fault:step_counter_of_8_bits +G +rnn lstm" -- list faults)
expect(2 "fault of scale, right in the small problems" -- matrix fault:far_weights_stored)
expect(0 "nothing is wrong in 5[0-9] small cases" -- diagnose fault:far_weights_stored --cell rnn)
expect(1 "BROKEN last_of|BROKEN|broken" -- check fault:initial_states_of_64_samples --sizes middle --cell rnn
       --scalar f64 --cases 12 --until-broken --no-shrink --diagnosis-seconds 0)

# A check that goes on where it was.
file(REMOVE ${SCRATCH}/check.journal)
expect(0 "nothing broken" -- check optimized ${small} --journal check.journal)
expect(0 "in 3 cases" -- check optimized --cases 5 --max-size 4 --property "^equals_reference$" --cell rnn --scalar f64 --shard 1/2)
expect(2 "--shard takes 1/8 .. 8/8, not '3/2'" -- check ${small} --shard 3/2)
expect(0 "note: [0-9]+ of the cases are from a journal" -- check optimized ${small} --journal check.journal)

# Parts of a check, and the one report that they make.
set(parts --cases 5 --max-size 4 --property "^equals_reference$" --cell rnn --diagnosis-seconds 0)
expect(0 "in 6 cases" -- check optimized ${parts} --shard 1/2 --json part1.json)
expect(0 "in 4 cases" -- check optimized ${parts} --shard 2/2 --json part2.json)
expect(0 "^optimized: nothing broken in 10 cases" -- merge part2.json part1.json part2.json --json merged.json
       --markdown merged.md --junit merged.xml)
expect(0 "in 10 cases" -- check optimized ${parts} --json whole.json)
foreach(name merged whole)
  file(READ ${SCRATCH}/${name}.json ${name})
  string(REGEX REPLACE "\"(seconds|started)\": [^,]*" "" ${name} "${${name}}")
endforeach()
if(NOT merged STREQUAL whole)
  message("merged: ${merged}\nin one piece: ${whole}")
  math(EXPR failures "${failures} + 1")
endif()
file(READ ${SCRATCH}/merged.md markdown)
if(NOT markdown MATCHES "^### optimized: nothing broken\n")
  message("of a merged report: ${markdown}")
  math(EXPR failures "${failures} + 1")
endif()
expect(2:out "note: part 1 of 2 is missing" -- merge part2.json --json some.json)
expect(0 "in 10 cases" -- merge some.json part1.json)
expect(2 "whole.json is of a whole campaign: merge takes" -- merge part1.json whole.json)
expect(2 "cannot read absent.json" -- merge absent.json)
expect(1 "BROKEN" -- check fault:drop_da_prevt ${parts} --shard 2/2 --json wrong2.json --markdown wrong.md)
expect(1 "part 1 of 2 is missing" "bptt-verify replay 'fault:drop_da_prevt" -- merge wrong2.json)
expect(0 "Examples:" -- merge --help)

# Printed digits. (Brackets and semicolons mean something to CMake: the files are written as they are.)
file(WRITE ${SCRATCH}/right.txt "dba[4] = [-0.74747722]\n")
file(WRITE ${SCRATCH}/wrong.txt "dx[1][2] = [-0.15028183 -0.34554547  0.02071758  0.01483317]\n")
file(WRITE ${SCRATCH}/words.txt "no numbers here\n")
expect(2 "words.txt is no journal" -- check optimized ${small} --journal words.txt)
expect(0 "all of them are right" -- diagnose rnn_backward_nb right.txt)
expect(1 "3 of the numbers are wrong" "all 30 digits of 4 numbers" "drop_da_prevt: " "mend +add"
       -- diagnose rnn_backward_nb wrong.txt --json digits.json)
file(READ ${SCRATCH}/digits.json json)
expect_json("${json}" drop_da_prevt fits 0 0 id)
expect_json("${json}" 30 digits)
expect(2 "no number of a, dx, " -- diagnose rnn_backward_nb words.txt)
expect(2 "there is no published case 'rnn'; they are " -- diagnose rnn right.txt)
expect(2 "cannot read absent.txt" -- diagnose rnn_backward_nb absent.txt)
expect(0 "Examples:" -- diagnose --help)

# What the checker cannot judge is nothing against the subject: status 2, with what it would have taken.
set(large "lstm n_x=128 n_a=256 m=32 T_x=50 regime=unit seed=7")
expect(2:out "verdict +not judged" "reason +[0-9.]+ MB for the [a-z ]+, 100 MB allowed \\(--oracle-memory\\)"
       -- replay optimized equals_reference f32 ${large} --oracle-memory 100MB --json replay.json)
file(READ ${SCRATCH}/replay.json json)
expect_json("${json}" "not judged" outcome)
expect(2:out "reason +[0-9.]+ MB for the [a-z ]+, 8 MB allowed" -- replay optimized equals_reference f32 lstm
       n_x=16 n_a=64 m=8 T_x=20 regime=unit seed=7 --oracle-memory 8MB)
expect(2:out "reason +[0-9.]+ GB for the [a-z ]+, [0-9.]+ [GM]B allowed" -- replay optimized equals_reference
       f64 lstm n_x=1024 n_a=1024 m=256 T_x=64 regime=unit seed=7)
expect(0 "verdict +held" -- replay optimized equals_reference f32 lstm n_x=3 n_a=5 m=2 T_x=4 regime=unit
       seed=7 --oracle-memory 64MB)
expect(2:out "unjudged" "not judged, which says nothing of the subject: ([0-9]+) of ([0-9]+) cases\n  [0-9.]+ "
       "nothing was judged" -- check optimized --cases 2 --property ^equals_reference$ --oracle-memory 1KB
       --json check.json --junit check.xml)
file(READ ${SCRATCH}/check.json json)
expect_json("${json}" "not judged" reports 0 summary outcome)
expect_json("${json}" 2 reports 0 rows 0 not_judged)
file(READ ${SCRATCH}/check.xml xml)
if(NOT xml MATCHES "failures=\"0\" errors=\"0\" skipped=\"4\"" OR
   NOT xml MATCHES "<skipped message=\"2 of 2 cases are not judged: ")
  message("of a campaign that could not judge: ${xml}")
  math(EXPR failures "${failures} + 1")
endif()

# A subject that runs.
expect(0 "rnn: nothing is wrong in 5[0-9] small cases" "lstm: nothing is wrong" -- diagnose optimized ${time})
execute_process(COMMAND ${PROGRAM} diagnose optimized --seconds 1e-9 RESULT_VARIABLE got
  OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(NOT "${got} ${out} ${err}" MATCHES "^2 .*nothing was wrong so far in 0 cases.*--seconds gives more")
  message("of a diagnosis without time: ${got} ${out} ${err}")
  math(EXPR failures "${failures} + 1")
endif()
expect(1 "only with T > 1" "dx: only the last step is right" "X wrong" "drop_da_prevt: " "mend +add"
       "bptt-verify replay 'fault:drop_da_prevt equals_reference f64 rnn"
       -- diagnose fault:drop_da_prevt --cell rnn --json diagnosis.json ${time})
file(READ ${SCRATCH}/diagnosis.json json)
expect_json("${json}" bptt-verify/diagnosis schema)
expect_json("${json}" drop_da_prevt diagnoses 0 cells 0 fits 0 0 id)
expect_json("${json}" dx diagnoses 0 cells 0 departure array)
expect(2 "'optimised' is no published case .* and no subject: .*the nearest are optimized"
       -- diagnose optimised)
expect(2 "reference:closed_form does not run the rnn" -- diagnose reference:closed_form --cell rnn)
expect(2 "there is no folder" -- diagnose optimized --json absent/diagnosis.json)
expect(0 "1 of 1 named first" -- matrix --diagnosis --pairs 0 fault:no_carry)

# 0: nothing is broken.
expect(0 "nothing broken" "equals_reference +rnn +f32 +3 " "agreement +4 +12 " "seed 1" -- check ${small} --rows)
expect(0 "12 cases" -- check optimized ${small} --json held.json)
file(READ ${SCRATCH}/held.json json)
expect_json("${json}" bptt-verify/check schema)
expect_json("${json}" 2 version)
expect_json("${json}" optimized reports 0 subject)
expect_json("${json}" held reports 0 summary outcome)
expect_json("${json}" 3 reports 0 rows 0 cases)
expect_json("${json}" 0 reports 0 rows 0 broken)
expect(0 "12 cases" -- check optimized ${small} --junit held.xml)
file(READ ${SCRATCH}/held.xml xml)
if(NOT xml MATCHES "<testsuite name=.optimized. tests=.4. failures=.0. errors=.0. skipped=.0.")
  message("JUnit: ${xml}")
  math(EXPR failures "${failures} + 1")
endif()
expect(0 "reference: nothing broken in 12 cases.*optimized: nothing broken in 12 cases" -- check reference optimized ${small})
expect(0 " lstm f64\n" "3 cases" -- check ${small} --cell lstm --scalar f64 --regime tiny)
string(ASCII 27 escape)
expect(0 "${escape}.1mfamily" -- --color always check ${small})
set(case "f32 lstm n_x=3 n_a=5 m=2 T_x=4 regime=unit seed=7")
expect(0 "verdict +held" "compared +304 entries" -- replay "optimized equals_reference ${case}")
expect(0 "verdict +held" -- replay optimized published:lstm_backward_new)
expect(0 "verdict +held" -- replay optimized specification:lstm_forward_nb)

# The same seed gives the same table; another seed another one.
function(table_without_time result)
  execute_process(COMMAND ${PROGRAM} check ${small} --rows ${ARGN} OUTPUT_VARIABLE text)
  string(REGEX REPLACE ", [0-9.]+ s .seed [0-9]+." "" text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()
table_without_time(one --jobs 1)
table_without_time(two --jobs 2)
table_without_time(other --seed 2)
if(NOT one STREQUAL two OR one STREQUAL other)
  message("tables of one seed differ, or those of two seeds do not:\n${one}\n${two}\n${other}")
  math(EXPR failures "${failures} + 1")
endif()

# 1: something is broken, and its replay line is broken again.
expect(1 "BROKEN: [12] of 2 rows" -- check fault:no_carry --cases 10 --property "^equals_reference$"
       --json broken.json ${diagnosis_time})
file(READ ${SCRATCH}/broken.json json)
expect_json("${json}" broken reports 0 summary outcome)
expect_json("${json}" no_carry reports 0 diagnosis cells 0 fits 0 0 id)
expect(1 "diagnosis of fault:no_carry" "no_carry: neither" "more of it: bptt-verify diagnose fault:no_carry"
       -- check fault:no_carry --cases 10 --property "^equals_reference$" ${diagnosis_time})
expect(1 "BROKEN: [12] of 2 rows in .*\n  bptt-verify replay '[^\n]*'\n$" -- check fault:no_carry --cases 10 --property "^equals_reference$"
       --diagnosis-seconds 0)
string(JSON replay GET "${json}" reports 0 rows 0 failures 0 replay)
if(NOT replay MATCHES "^bptt-verify replay '(.*)'$")
  message("no replay line: ${replay}")
  math(EXPR failures "${failures} + 1")
endif()
expect(1 "verdict +BROKEN" "worst +[a-zA-Z0-9]+.[0-9]" " bound " -- replay ${CMAKE_MATCH_1}
       --json replayed.json)
file(READ ${SCRATCH}/replayed.json json)
expect_json("${json}" bptt-verify/replay schema)
expect_json("${json}" broken outcome)
expect(1 "verdict +BROKEN" "published as" -- replay fault:no_carry published:lstm_backward_new)

# One problem, all that is said of it.
expect(0 "equals_reference[a-z_]* lstm f64" -- check optimized --property ^equals_reference --scalar f64
       --problem "lstm n_x=2 n_a=3 m=2 T_x=4")
expect(0 "every case inconclusive" -- check optimized --property ^randomised_truncation --scalar f64
       --problem "lstm n_x=1 n_a=1 m=1 T_x=40")

# 2: it could not run, and says what to do.
expect(2 "nxa" -- check --problem "lstm nxa=2")
expect(2 "excludes" -- check --problem "lstm n_x=2 n_a=3 m=2 T_x=4" --cases 2)
expect(2 "A subcommand is required" "--help" --)
expect(2 "no subject is named 'optimised'; the nearest are optimized" -- check optimised)
expect(2 "no property matches 'zzz'.*list properties" -- check --property zzz)
expect(2 "is no regular expression" -- check --property "(")
expect(2 "optimized does not run gru; it runs rnn lstm" -- check --cell gru)
expect(2 "there is no cell .elman.; they are .*gru" -- check --cell elman)
expect(0 "lines: nothing broken" "gru f32" -- check lines --cell gru --cases 2)
expect(2 "not in range" -- check --cases 0)
expect(2 "there is no folder" -- check ${small} --json absent/report.json)
expect(2 "there is no folder" -- check ${small} --junit absent/report.xml)
expect(2 "reference:closed_form does not run rnn; it runs lstm" -- check reference:closed_form --cell rnn --property ^equals_reference$)
expect(2 "is no replay line" -- replay optimized equals_reference)
expect(2 "nearest is 'equals_reference'" -- replay "optimized equals_referenc ${case}")
expect(2 "no published case 'lstm'; they are" -- replay optimized published:lstm)
expect(2 "properties" -- list everything)
expect(2 "nearest are fault:no_carry" "list faults" -- explain no_cary)
expect(2 "optimized is meant to be right; .*list faults" -- explain optimized)
expect(2 "no fault to speak of" -- explain fault:none)

if(failures GREATER 0)
  message(FATAL_ERROR "${failures} expectations failed")
endif()
