// What rnn_impl.h uses of mshadow, linalg and the engine, in plain loops: tensors of rows that lie
// one behind another.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
namespace mxnet {
using index_t = int64_t;
struct cpu {};
template <int N>
struct Shape {
  index_t n[N];
};
inline Shape<1> Shape1(index_t a) { return {{a}}; }
inline Shape<2> Shape2(index_t a, index_t b) { return {{a, b}}; }
inline Shape<3> Shape3(index_t a, index_t b, index_t c) { return {{a, b, c}}; }
inline Shape<4> Shape4(index_t a, index_t b, index_t c, index_t d) { return {{a, b, c, d}}; }
template <class R>
struct Transposed {
  R* p;
  index_t rows, cols;
};
template <class D, int N, class R>
struct Tensor {
  R* dptr_;
  Shape<N> s;
  Tensor(R* p, Shape<N> q) : dptr_(p), s(q) {}
  Tensor(const Tensor&) = default;
  Tensor& operator=(const Tensor&) = default;
  Tensor<D, N - 1, R> operator[](index_t i) const {
    Shape<N - 1> q;
    index_t step = 1;
    for (int k = 1; k < N; ++k) step *= q.n[k - 1] = s.n[k];
    return {dptr_ + i * step, q};
  }
  Transposed<R> T() const { return {dptr_, s.n[0], s.n[1]}; }
  Tensor& operator=(const Transposed<R>& t) {  // of reshape(x.T(), ..): the elements, row by row
    R* o = dptr_;
    for (index_t j = 0; j < t.cols; ++j)
      for (index_t i = 0; i < t.rows; ++i) *o++ = t.p[i * t.cols + j];
    return *this;
  }
};
template <class D, class R>
struct Tensor<D, 1, R> {
  R* dptr_;
  Shape<1> s;
  Tensor(R* p, Shape<1> q) : dptr_(p), s(q) {}
  R& operator[](index_t i) const { return dptr_[i]; }
};
template <class R, int N>
Transposed<R> reshape(const Transposed<R>& t, Shape<N>) {
  return t;
}
template <class R>
void linalg_gemm(const Tensor<cpu, 2, R>& a, const Tensor<cpu, 2, R>& b, const Tensor<cpu, 2, R>& c,
                 R alpha, R beta, bool ta, bool tb) {
  const index_t m = c.s.n[0], n = c.s.n[1], k = ta ? a.s.n[0] : a.s.n[1];
  for (index_t i = 0; i < m; ++i)
    for (index_t j = 0; j < n; ++j) {
      R sum = 0;
      for (index_t l = 0; l < k; ++l)
        sum += a.dptr_[ta ? l * a.s.n[1] + i : i * a.s.n[1] + l] *
               b.dptr_[tb ? j * b.s.n[1] + l : l * b.s.n[1] + j];
      R& o = c.dptr_[i * n + j];
      o = beta == 0 ? alpha * sum : alpha * sum + beta * o;  // as BLAS: C is not read if beta is 0
    }
}
namespace engine {
struct OpenMP {
  static OpenMP* Get() {
    static OpenMP o;
    return &o;
  }
  int GetRecommendedOMPThreadCount() { return 1; }
};
}  // namespace engine
namespace op {
using mxnet::index_t;
using std::exp;
using std::tanh;
enum { kNullOp = 0, kWriteTo = 1, kWriteInplace = 2, kAddTo = 3 };
}  // namespace op
}  // namespace mxnet
namespace mshadow {}
