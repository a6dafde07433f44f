# cmake -DPROGRAM=<bptt-verify> -DEXAMPLES=<examples/foreign> -DSCRATCH=<folder> -P foreign_networks_test.cmake
# Networks of two directions whose samples end one by one, as NumPy functions: right ones are held, and what
# people get wrong in them is seen.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

file(MAKE_DIRECTORY "${SCRATCH}")
file(READ ${EXAMPLES}/both_directions.py right)
file(COPY ${EXAMPLES}/both_directions.py DESTINATION ${SCRATCH})
# However busy the machine is: this time only ends what hangs.
set(time --call-timeout 600)
expect(0 "both_directions.py:rnn_both_lengths: nothing broken" -- check both_directions.py --cases 6 --max-size 5 ${time})

function(expect_broken name from to)
  string(REPLACE "${from}" "${to}" wrong "${right}")
  if(wrong STREQUAL right)
    message(FATAL_ERROR "both_directions.py has no '${from}'")
  endif()
  file(WRITE ${SCRATCH}/${name}.py "${wrong}")
  expect(1 "BROKEN" ${ARGN} -- check ${name}.py --cases 12 --max-size 5 --property "^equals_reference$|padding"
         --diagnosis-seconds 0 ${time})
endfunction()
# From right to left every sample begins at the end of the longest one.
expect_broken(from_the_longest "lasts = t < lengths\n        xt" "lasts = t < x.shape[2] + 0 * lengths\n        xt"
              "equals_reference" "padding_is_not_read")
# What was handed on through the padding is lost at a sample's end.
expect_broken(lost_at_the_end "np.where(lasts, 0, d)" "0 * d" "equals_reference")
# dx of one direction overwrites that of the other.
expect_broken(overwritten "dx + r_dx" "r_dx" "dx")
# Backwards over the other direction's steps.
expect_broken(wrong_way "r_Waa,\n                                                          steps[::-1])"
              "r_Waa,\n                                                          steps)" "dr_[Wab]|dx")
# The gradient of the padding is no gradient of the weights.
expect_broken(padding_counts "np.where(lasts, d * (1 - a[:, :, t] ** 2), 0)" "d * (1 - a[:, :, t] ** 2)" "d(r_)?[Wab]")

# tanh as 2 sigmoid(2z) - 1 has an absolute error: near zero it is accused, unless that is declared.
string(REPLACE "np.tanh(" "tanh(" wrong "${right}")
string(REPLACE "import numpy as np\n" "import numpy as np\n\n\ndef tanh(z):\n    return 2 / (1 + np.exp(-2 * z)) - 1\n"
       wrong "${wrong}")
file(WRITE ${SCRATCH}/absolute.py "${wrong}")
expect(1 "BROKEN equals_reference_near_zero" -- check absolute.py --cases 12 --max-size 5 --property "^equals_reference"
       --diagnosis-seconds 0 ${time})
file(WRITE ${SCRATCH}/declared.py "${wrong}
rnn_both_lengths_forward.bptt = {'absolute_error': 4.5e-16}
")
expect(0 "nothing broken" -- check declared.py --cases 12 --max-size 5 --property "^equals_reference" ${time})
# As (exp(2z) - 1) / (exp(2z) + 1) it is NaN, too, where exp overflows.
string(REPLACE "2 / (1 + np.exp(-2 * z)) - 1" "(np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)" wrong "${wrong}")
file(WRITE ${SCRATCH}/overflows.py "${wrong}
rnn_both_lengths_forward.bptt = {'absolute_error': 4.5e-16}
")
expect(1 "BROKEN equals_reference_saturated|NOT FINITE equals_reference_saturated" -- check overflows.py --cases 12
       --max-size 5 --property "^equals_reference" --diagnosis-seconds 0 ${time})
# A network that asks for something between its sizes is asked for nothing else.
string(REPLACE "import numpy as np\n" "import numpy as np\n\n\ndef demand(x, W):\n    if x.shape[0] >= W.shape[0]:\n        raise ValueError('too wide')\n" wrong "${right}")
string(REGEX REPLACE "(def rnn_both_lengths_forward[^:]*:\n)" "\\1    demand(x, Waa)\n" wrong "${wrong}")
file(WRITE ${SCRATCH}/demanding.py "${wrong}")
expect(1 "too wide" -- check demanding.py --cases 6 --property "^equals_reference$" --diagnosis-seconds 0 ${time})
file(WRITE ${SCRATCH}/demanding.py "${wrong}
rnn_both_lengths_forward.bptt = {'sizes': 'n_x < n_a'}
")
expect(0 "nothing broken" -- check demanding.py --cases 6 --max-size 6 --property "^equals_reference|halves|^split" ${time})
expect(0 "nothing broken" -- check demanding.py --cases 2 --sizes middle --property "^equals_reference$" ${time})
foreach(said "'sizes': 'n_x > n_a'" "'sizes': 'n_p = n_a'" "'absolute_error': 2" "'one_sample': 1" "'without': 'dy'" "'fast': True")
  file(WRITE ${SCRATCH}/said.py "${right}
rnn_both_lengths_forward.bptt = {${said}}
")
  expect(2 "rnn_both_lengths_forward.bptt.*(0 .. 1|not of the form|no cell has both sizes|True or False|it has x, |it may say without)" -- check said.py --cases 1 ${time})
endforeach()

# What a name stands for, said where it is wrong.
file(WRITE ${SCRATCH}/no_end.py "def gru_lengths_forward(x, h0, parameters):
    pass
def gru_lengths_backward(dh, cache):
    pass
")
expect(2 "There is no mask or lengths" -- check no_end.py --cases 1 ${time})
expect(2 "there are no layers of layers, and no directions of those: 'gru_x2_both'" -- check lines --cell gru_x2_both)
expect(2 "T_da=3 is below T_x=4, but every step of the gru_both reads later ones"
       -- replay "lines equals_reference f64 gru_both n_x=2 n_h=2 m=1 T_x=4 T_da=3 regime=unit seed=1")
expect(2 "code is derived of cells that go over time once" -- derive gru_both --numpy)
expect(0 "Pass 2 over time, from the last step to the first" -- derive gru_both)

# A cell of one's own that grows is remarked on, and judged all the same.
file(WRITE ${SCRATCH}/doubling.cell "cell doubling
axes    i: n_h
state   h[i]
input   x[i]
weight  l[i]

h[i] = 2 h'[i] + l[i] x[i]
")
expect(0 "note: the doubling is unstable: on numbers of size one, h grows from" -- check lines --cell doubling.cell
       --cases 2 --property "^equals_reference$")

if(failures GREATER 0)
  message(FATAL_ERROR "${failures} expectations failed")
endif()
