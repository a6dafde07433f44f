// The families of the catalogue: each file of properties adds its own.
#pragma once

#include <vector>

#include "properties/property.hpp"

namespace bptt::properties {

void add_linearity(std::vector<Property>& all);        // 1 - 3
void add_agreement(std::vector<Property>& all);        // 4, 5, 10, 13, 39
void add_derivatives(std::vector<Property>& all);      // 6, 7, 31, 41
void add_loss_head(std::vector<Property>& all);        // 11
void add_shapes(std::vector<Property>& all);           // 8, 9
void add_exact(std::vector<Property>& all);            // 4, 5, 12, 15, 16, 29, 35, 40
void add_transformations(std::vector<Property>& all);  // 14, 19 - 21, 34
void add_time(std::vector<Property>& all);             // 17, 18, 26, 30
void add_buffers(std::vector<Property>& all);          // 22 - 25
void add_gates(std::vector<Property>& all);            // 27, 28, 38
void add_splitting(std::vector<Property>& all);        // 32, 33
void add_closed_forms(std::vector<Property>& all);     // 36, 37

}  // namespace bptt::properties
