// Arrays and sizes of a call by their names: shared by all wrappers.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>
#include "bptt_subject.h"
static inline long size_of(const bptt_call* c, const char* name) {
  for (int k = 0; k < c->size_count; ++k)
    if (!std::strcmp(c->sizes[k].name, name)) return c->sizes[k].value;
  return 0;
}
template <class R>
static inline R* arr(const bptt_call* c, const char* name) {
  for (int k = 0; k < c->array_count; ++k)
    if (!std::strcmp(c->arrays[k].name, name)) return (R*)c->arrays[k].data;
  return nullptr;
}
