# cmake -DPROGRAM=<bptt-verify> -DLIBRARIES=<folder> -DEXAMPLES=<examples/foreign>
#       -DCASES=<properties/cases> -DCXX=<compiler> -DSCRATCH=<folder> -P foreign_command_line_test.cmake
# Implementations by their file, and recorded gradients, as users meet them.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

file(MAKE_DIRECTORY "${SCRATCH}/a folder")
file(COPY ${LIBRARIES}/librnn.so ${LIBRARIES}/librnn_wrong.so DESTINATION ${SCRATCH})
file(COPY ${EXAMPLES}/course.py ${EXAMPLES}/course.ipynb DESTINATION "${SCRATCH}/a folder")
set(small --cases 2 --max-size 4 --property "^equals_reference$|rnn_backward_nb")
# However busy the machine is: these times only end what hangs.
set(time --call-timeout 600)
set(diagnosis_time ${time} --seconds 100000)

# What `derive` writes passes; without one of its lines it does not, and what is wrong is named.
function(without_line file line result)
  file(READ ${SCRATCH}/${file} text)
  string(REPLACE "${line}" "" without "${text}")
  if(without STREQUAL text)
    message(FATAL_ERROR "${file} has no line '${line}':\n${text}")
  endif()
  file(WRITE ${SCRATCH}/${result} "${without}")
endfunction()
function(compile source library)
  execute_process(COMMAND ${CXX} -std=c++20 -O2 -Wall -Wextra -Werror -shared -fPIC ${source} -o ${library} ${ARGN}
                  WORKING_DIRECTORY ${SCRATCH} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
set(derived rnn lstm gru lstm_peephole lstm_projected scan gated_delta slstm)
if(DEFINED ENV{BPTT_CASES})  # under sanitizers, which see nothing of what is derived
  set(derived rnn lstm gru)
endif()
foreach(cell IN LISTS derived)
  execute_process(COMMAND ${PROGRAM} derive ${cell} --numpy OUTPUT_FILE ${SCRATCH}/derived_${cell}.py
                  COMMAND_ERROR_IS_FATAL ANY)
  expect(0 "nothing broken" -- check derived_${cell}.py --cases 3 --max-size 5 ${time})
  execute_process(COMMAND ${PROGRAM} derive ${cell} --c++ OUTPUT_FILE ${SCRATCH}/derived_${cell}.cpp
                  COMMAND_ERROR_IS_FATAL ANY)
  compile(derived_${cell}.cpp derived_${cell}.so)
  expect(0 "nothing broken" "equals_reference +${cell} +f32" -- check ./derived_${cell}.so --rows --cases 3
         --max-size 5 ${time})
endforeach()
without_line(derived_lstm.py "    dconcat = dconcat + Wi.T @ dzi\n" without.py)
expect(1 "BROKEN equals_reference lstm" "dx|da0" -- check without.py:lstm --cases 5 --max-size 5
       --property "^equals_reference$" ${time})
without_line(derived_lstm.cpp "dbo(i) += dzo(i, s)" without_lstm.cpp)
compile(without_lstm.cpp without_lstm.so -w)
expect(1 "BROKEN equals_reference lstm" "dbo.[0-9,]+. is 0 and must be" -- check ./without_lstm.so
       --cases 5 --max-size 5 --property "^equals_reference$" ${time} --diagnosis-seconds 0)
without_line(derived_rnn.cpp " + da_prev.data[e]" without_rnn.cpp)
compile(without_rnn.cpp without_rnn.so -w)
expect(1 "BROKEN equals_reference rnn" "dx: only the last step is right" "drop_da_prevt: "
       -- check ./without_rnn.so --cases 5 --max-size 5 --property "^equals_reference$" ${diagnosis_time})
# dq for dn: the bug of who forgets that the reset gate stands behind the product.
file(READ ${SCRATCH}/derived_gru.py text)
string(REPLACE "Un.T @ dq" "Un.T @ dn" text "${text}")
file(WRITE ${SCRATCH}/wrong_gru.py "${text}")
expect(1 "BROKEN equals_reference gru f64" "dh0.* and must be" "replay 'wrong_gru.py:gru equals_reference f64 gru n_x="
       -- check wrong_gru.py --cases 20 --max-size 4 ${time})
without_line(derived_gru.cpp "dbn(i) += dzn(i, s)" without_gru.cpp)
compile(without_gru.cpp without_gru.so -w)
expect(1 "BROKEN equals_reference gru" "dbn.[0-9,]+. is 0 and must be" -- check ./without_gru.so
       --cases 5 --max-size 5 --property "^equals_reference$" ${time})

# A cell of one's own, by its file; functions take their arrays by name.
file(WRITE ${SCRATCH}/leaky.cell "# Leaky units
cell leaky
axes    i j: n_h   k: n_x
state   h[i]
input   x[k]
weight  W[i,k] U[i,j] b[i]   l[i]
range   l: 0 1

h[i] = l[i] h'[i] + tanh(W[i,k] x[k] + U[i,j] h'[j] + b[i])
")
file(WRITE ${SCRATCH}/leaky.py "import numpy as np

def leaky_forward(U, W, x, l, b, h0=0):
    h, a = [h0], []
    for t in range(x.shape[2]):
        a.append(np.tanh(W @ x[:, :, t] + U @ h[-1] + b))
        h.append(l * h[-1] + a[-1])
    return np.stack(h[1:], -1), (h, a, x, U, W, l)

def leaky_backward(what_forward_left, dh):
    h, a, x, U, W, l = what_forward_left
    g = dict(dx=np.zeros(x[:, :, :dh.shape[2]].shape), dW=0 * W, dU=0 * U, dl=0 * l, db=0 * l)
    carried = 0
    for t in reversed(range(dh.shape[2])):
        d = dh[:, :, t] + carried
        z = d * (1 - a[t] ** 2)
        g['dW'] += z @ x[:, :, t].T
        g['dU'] += z @ h[t].T
        g['dl'] += (d * h[t]).sum(1, keepdims=True)
        g['db'] += z.sum(1, keepdims=True)
        g['dx'][:, :, t] = W.T @ z
        carried = l * d + U.T @ z
    return {**g, 'dh0': carried}
")
expect(0 "leaky.py:leaky: nothing broken" -- check leaky.py --cell leaky.cell --cases 5 --max-size 5 ${time})
expect(0 "verdict +held" -- replay --cell leaky.cell "leaky.py:leaky" adjoint_identity f64 leaky n_x=3 n_h=4 m=2 T_x=5 ${time})
expect(0 "lines: nothing broken" -- check lines --cell leaky.cell --cases 3 --max-size 5)
expect(2 "leaky.py has nothing to test" -- check leaky.py --cases 1)
file(READ ${SCRATCH}/leaky.py text)
string(REPLACE "leaky_forward(U, W, x, l, b, h0=0)" "leaky_forward(U, W, inputs, l, b, h0=0)" text "${text}")
file(WRITE ${SCRATCH}/renamed.py "${text}")
expect(2 "renamed.py has nothing to test.*renamed.py: leaky_forward takes .U, W, inputs, l, b, h0. and leaky_backward .what_forward_left, dh.. There is no x. Nothing is known of inputs. leaky_forward takes x, h0, W, U, b, l"
       -- check renamed.py --cell leaky.cell --cases 1 ${time})
expect(2 "^bptt-verify: renamed.py: leaky_forward takes" -- check renamed.py:leaky --cell leaky.cell --cases 1 ${time})
# Beside functions that can be tested it stands in no one's way.
file(READ ${SCRATCH}/derived_rnn.py course)
file(WRITE ${SCRATCH}/both.py "${course}
def gru_forward(values):
    return values
def gru_backward(values):
    return values
")
expect(0 "nothing broken" "note: both.py: gru_forward takes .values." -- check both.py --cases 1 --max-size 3 ${time})
string(REPLACE "return {**g, 'dh0': carried}" "return g" text "${text}")
string(REPLACE "(U, W, inputs, l, b, h0=0):" "(U, W, x, l, b):
    h0 = np.zeros((len(l), x.shape[1]))" text "${text}")
file(WRITE ${SCRATCH}/from_zero.py "${text}")
expect(0 "nothing broken" -- check from_zero.py --cell leaky.cell --cases 5 --max-size 5 ${time})
execute_process(COMMAND ${PROGRAM} derive leaky.cell --c++ WORKING_DIRECTORY ${SCRATCH}
                OUTPUT_FILE ${SCRATCH}/leaky.cpp COMMAND_ERROR_IS_FATAL ANY)
compile(leaky.cpp leaky.so)
expect(0 "leaky.so: nothing broken" -- check ./leaky.so --cell leaky.cell --cases 5 --max-size 5 ${time})
expect(2 "it names the cells leaky, of which none is known; --cell FILE.cell" -- check ./leaky.so --cases 1 ${time})

# A library: right, and wrong, and its replay line from the same folder.
expect(0 "nothing broken" "published:rnn_backward_nb +rnn +f64 +1 +1 " -- check ./librnn.so --rows ${small}
       ${time})
expect(1 "BROKEN equals_reference rnn f64" "BROKEN: 2 of" -- check ./librnn_wrong.so --cases 20
       --max-size 4 --property "^equals_reference$|rnn_backward_nb" ${time} --json wrong.json)
file(READ ${SCRATCH}/wrong.json json)
expect_json("${json}" "" reports 0 rows 0 failures 0 cause)
expect_json("${json}" 0 reports 0 gave_up_after)
string(JSON replay GET "${json}" reports 0 rows 0 failures 0 replay)
string(REGEX REPLACE "^bptt-verify replay '(.*)'$" "\\1" replay "${replay}")
expect(1 "verdict +BROKEN" "case +./librnn_wrong.so equals_reference" -- replay ${replay} ${time})
expect(1 "published as" -- replay ./librnn_wrong.so published:rnn_backward_nb ${time})

# What is wrong with them, and which known fault it is.
file(COPY ${EXAMPLES}/course_wrong.py DESTINATION ${SCRATCH})
expect(0 "rnn: nothing is wrong" -- diagnose ./librnn.so ${diagnosis_time})
expect(1 "diagnosis of ./librnn_wrong.so" "one known fault does the same"
       -- diagnose ./librnn_wrong.so ${diagnosis_time})
expect(1 "no numbers in .* cases, only with n_a > 1 .*could not be broadcast|non-broadcastable"
       "dx: only the last step is right" "drop_da_prevt: " -- diagnose course_wrong.py:rnn ${diagnosis_time})
expect(1 "wrong shape: gradients..dba.. has shape" "there are no numbers to compare"
       -- diagnose course_wrong.py:rnn_cell ${diagnosis_time})

# Mistakes written into a right implementation that shares no line with the faults.
file(READ ${EXAMPLES}/course.py course)
function(expect_diagnosis part pattern)
  set(text "${course}")
  while(ARGN)
    list(POP_FRONT ARGN right wrong)
    string(REPLACE "${right}" "${wrong}" text "${text}")
  endwhile()
  file(WRITE ${SCRATCH}/mistake.py "${text}")
  expect(1 "${pattern}" -- diagnose mistake.py:${part} ${diagnosis_time})
  set(failures ${failures} PARENT_SCOPE)
endfunction()
expect_diagnosis(rnn "does the same.*
  db_mean_over_batch: "
  "np.sum(dz, axis=1" "np.mean(dz, axis=1")
expect_diagnosis(rnn "does the same.*
  dw_transposed: " "dz @ a_prev.T" "a_prev @ dz.T")
expect_diagnosis(lstm "does the same.*
  dc_not_carried: "
  "da_prevt, dc_prevt, caches" "da_prevt, 0 * dc_prevt, caches")
expect_diagnosis(lstm "two known faults together.*
  dwi_from_dzf: .*
  dc_prev_without_ft: "
  "dzi @ concat.T" "dzf @ concat.T" "dc_next * ft + dc * ft" "dc_next + dc")
expect_diagnosis(rnn "every number of one call.*
  assign_dw: "
  "dWax += " "dWax = " "dWaa += " "dWaa = " "dba += " "dba = ")
expect_diagnosis(lstm "no known fault and no pair of them does the same"
  "tanh_c * ot * (1 - ot)" "tanh_c * ot * (1 + ot)")

# Python: all parts of a file, one of them, a name with a space.
expect(0 "course.py:rnn_cell: " "course.py:rnn: " "course.py:lstm_cell: " "course.py:lstm: "
       -- check "a folder/course.py" ${small} ${time})
expect(0 "note: course.ipynb cell 2: 'from rnn_utils import .' is left out" "nothing broken"
       -- check "a folder/course.ipynb:lstm_cell" "a folder/course.ipynb" ${small} ${time}
       --json notebook.json)
file(READ ${SCRATCH}/notebook.json json)
expect_json("${json}" "a folder/course.ipynb:lstm_cell" reports 0 subject)
expect_json("${json}" held reports 1 summary outcome)
expect(0 "verdict +held" -- replay "a%20folder/course.py:lstm" published:lstm_backward_new ${time})
expect(0 "verdict +held" -- replay "a%20folder/course.py:rnn_cell equals_reference f64 rnn n_x=3 n_a=2 m=4 T_x=1 regime=unit seed=3" ${time})

# One that raises: the last line of its traceback, and what it printed; a campaign comes to its end.
file(WRITE ${SCRATCH}/raises.py "from numpy import *
def rnn_cell_forward(xt, a_prev, parameters):
    print('so far so good')
    return missing(xt)
")
expect(1 "RAISED equals_reference rnn f64" "NameError: name 'missing' is not defined .raises.py, line 4, in rnn_cell_forward: return missing.xt.."
       "  . so far so good" "note: rnn_cell_forward is tested alone" -- check raises.py ${small} ${time}
       --json raises.json)
file(READ ${SCRATCH}/raises.json json)
expect_json("${json}" raised reports 0 rows 0 failures 0 cause)
expect_json("${json}" "so far so good" reports 0 rows 0 failures 0 output)

# One that ends its process each time is not asked for ever.
file(WRITE ${SCRATCH}/exits.py "import os
def rnn_cell_forward(xt, a_prev, parameters):
    os._exit(7)
def rnn_cell_backward(da_next, cache):
    pass
")
expect(1 "EXITED" "rnn_cell_forward ended the process with status 7"
       "stopped after [0-9]+ cases that ended the subject's process" "rows were not asked"
       -- check exits.py --cases 2 --max-size 3 --max-crashes 3 ${time} --json exits.json)
file(READ ${SCRATCH}/exits.json json)
expect_json("${json}" exited reports 0 rows 0 failures 0 cause)

# 2: it could not run, and says what to do.
expect(2 "there is no file ./absent.so" -- check ./absent.so)
expect(2 "has no rnn_forward" -- replay raises.py:rnn published:rnn_forward_nb)
expect(2 "has no gru_forward; the parts of a file are rnn_cell, rnn" -- check raises.py:gru)
expect(2 "there is no program 'python9'" -- check raises.py --python python9)

# Recorded gradients.
file(COPY ${CASES}/rnn_backward_nb.npz ${CASES}/rnn_forward_nb.npz DESTINATION ${SCRATCH})
expect(0 "nothing broken in 6 arrays" "grad.dba +.5,1. +held" "not graded.*in.Wya"
       -- grade rnn_backward_nb.npz --json grade.json)
file(READ ${SCRATCH}/grade.json json)
expect_json("${json}" bptt-verify/grade schema)
expect_json("${json}" held outcome)
expect_json("${json}" dx arrays 0 array)
expect(1 "BROKEN +[0-9]+ " -- grade rnn_backward_nb.npz --activation identity)
expect(2 "rnn_forward_nb.npz lacks da" -- grade rnn_forward_nb.npz)
expect(2 "absent.npz" -- grade absent.npz)
expect(0 "Examples:" "np.savez" -- grade --help)

if(failures GREATER 0)
  message(FATAL_ERROR "${failures} expectations failed")
endif()
