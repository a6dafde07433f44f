// A user's program: knows the project only as an installed package.
#include "core/shape.hpp"

int main() {
  const bptt::Shape sum = bptt::broadcast_shapes({5, 2}, {5, 1});
  return sum == bptt::Shape{5, 2} ? 0 : 1;
}
