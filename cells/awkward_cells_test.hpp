// Cells that nobody needs, for what the built-in ones do not have.
#pragma once

#include <vector>

#include "cells/parse.hpp"

namespace bptt::cells {

inline std::vector<Definition> awkward_cells() {
  return {
      parse(
          "# Words of C++ and of its files as names; a state that nothing reads; numbers, scalars\n"
          "cell operator\n"
          "axes   i j t: m   k: double   l: m+double\n"
          "state  h[i] new[i]\n"
          "input  x[k] size[i] q[]\n"
          "weight W[i,j] k[i] b[] int[i,k] D[l,i]\n"
          "output o[i] steps[l]\n"
          "r[i]     = sigmoid(W[i,j] h'[j] + k[i] + int[i,k] x[k])\n"
          "s[i]     = 1.5 W[i,j] r[j] - 3 r[i] / 4 + b[] q[]\n"
          "in[l]    = stack(s[i], x[k])\n"
          "new[i]   = (in[l] D[l,i]) r[i] - 2\n"
          "h[i]     = s[t] new[t] r[i] + larger(s[i], r[i] - size[i]) / 3\n"
          "o[i]     = -h[i] new[i]\n"
          "steps[l] = in[l] o[i] D[l,i]\n",
          "operator.cell"),
      parse(
          "# Lines over the same indices that must not share their loops; matrices turned around\n"
          "cell apart\n"
          "axes   i j: n\n"
          "state  S[i,j]\n"
          "input  x[i]\n"
          "A[i,j] = S'[j,i] x[i]\n"
          "B[i,j] = A[j,i] + A[i,j] x[j]\n"
          "C[i,j] = tanh(B[j,i])\n"
          "S[i,j] = C[i,j] B[j,i] + A[i,j]\n",
          "apart.cell")};
}

}  // namespace bptt::cells
