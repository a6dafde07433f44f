// The families of the catalogue, in its order: each file of properties adds its own.
#pragma once

#include <vector>

#include "properties/property.hpp"

namespace bptt::properties {

void add_shapes(std::vector<Property>& all);
void add_agreement(std::vector<Property>& all);
void add_derivatives(std::vector<Property>& all);
void add_loss_head(std::vector<Property>& all);
void add_closed_forms(std::vector<Property>& all);
void add_gates(std::vector<Property>& all);
void add_transformations(std::vector<Property>& all);
void add_time(std::vector<Property>& all);
void add_linearity(std::vector<Property>& all);
void add_splitting(std::vector<Property>& all);
void add_networks(std::vector<Property>& all);
void add_buffers(std::vector<Property>& all);
void add_exact(std::vector<Property>& all);

}  // namespace bptt::properties
