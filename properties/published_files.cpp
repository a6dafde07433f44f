// The published cases: what the files hold, and the digits that copies of the notebook print.
#include <map>

#include "core/step_names.hpp"
#include "properties/embedded_files.hpp"
#include "properties/published_cases.hpp"

namespace bptt::properties {
namespace {

struct Known {
  std::string_view description;
  std::vector<Printed> printed;
};

const std::map<std::string_view, Known>& known_cases() {
  static const std::map<std::string_view, Known> known{
      {"rnn_cell_forward_nb",
       {"one step of an RNN, forward",
        {{"a",
          {4},
          {"0.59584544", "0.18141802", "0.61311866", "0.99808218", "0.85016201", "0.99980978",
           "-0.18887155", "0.99815551", "0.6531151", "0.82872037"}}}}},
      {"rnn_forward_nb",
       {"an RNN over four steps, forward",
        {{"a", {4, 1}, {"-0.99999375", "0.77911235", "-0.99861469", "-0.99833267"}}}}},
      {"lstm_cell_forward_nb",
       {"one step of an LSTM, forward",
        {{"c",
          {2},
          {"0.63267805", "1.00570849", "0.35504474", "0.20690913", "-1.64566718", "0.11832942",
           "0.76449811", "-0.0981561", "-0.74348425", "-0.26810932"}}}}},
      {"lstm_forward_nb",
       {"an LSTM over seven steps, forward",
        {{"a", {4, 3, 6}, {"0.172117767533"}},
         {"y", {1, 4, 3}, {"0.95087346185"}},
         {"c", {1, 2, 1}, {"-0.855544916718"}}}}},
      {"rnn_cell_backward_new",
       {"one step of an RNN, backward",
        {{"dx", {1, 2, 0}, {"-1.3872130506"}},
         {"da0", {2, 3}, {"-0.152399493774"}},
         {"dWax", {3, 1}, {"0.410772824935"}},
         {"dWaa", {1, 2}, {"1.15034506685"}},
         {"dba", {4}, {"0.20023491"}}}}},
      {"rnn_backward_nb",
       {"an RNN over four steps, backward",
        {{"dx", {1, 2}, {"-2.07101689", "-0.59255627", "0.02466855", "0.01483317"}},
         {"da0", {2, 3}, {"-0.314942375127"}},
         {"dWax", {3, 1}, {"11.2641044965"}},
         {"dWaa", {1, 2}, {"2.30333312658"}},
         {"dba", {4}, {"-0.74747722"}}}}},
      {"lstm_cell_backward_nb",
       {"one step of an LSTM, backward",
        {{"dx", {1, 2, 0}, {"3.23055911511"}},
         {"da0", {2, 3}, {"-0.0639621419711"}},
         {"dc0", {2, 3}, {"0.797522038797"}},
         {"dWf", {3, 1}, {"-0.147954838164"}},
         {"dWi", {1, 2}, {"1.05749805523"}},
         {"dWc", {3, 1}, {"2.30456216369"}},
         {"dWo", {1, 2}, {"0.331311595289"}},
         {"dbf", {4}, {"0.18864637"}},
         {"dbi", {4}, {"-0.40142491"}},
         {"dbc", {4}, {"0.25587763"}},
         {"dbo", {4}, {"0.13893342"}}}}},
      {"lstm_backward_new",
       {"an LSTM over seven steps, backward from upstream gradients of the first four",
        {{"dx", {1, 2}, {"0.00218254", "0.28205375", "-0.48292508", "-0.43281115"}},
         {"da0", {2, 3}, {"0.312770310257"}},
         {"dWf", {3, 1}, {"-0.0809802310938"}},
         {"dWi", {1, 2}, {"0.40512433093"}},
         {"dWc", {3, 1}, {"-0.0793746735512"}},
         {"dWo", {1, 2}, {"0.038948775763"}},
         {"dbf", {4}, {"-0.15745657"}},
         {"dbi", {4}, {"-0.50848333"}},
         {"dbc", {4}, {"-0.42510818"}},
         {"dbo", {4}, {"-0.17958196"}}}}}};
  return known;
}

/// The values under the shape of a sequence.
Tensor<double> shaped(const Tensor<double>& values, const Shape& shape) {
  Tensor<double> result(shape);
  require_shape("a published array", {values.size()}, {result.size()});
  result.elements() = values.elements();
  return result;
}

PublishedCase published_case(const EmbeddedFile& file) {
  const Known& known = known_cases().at(file.name);
  NamedTensors<double> in, out;
  for (const auto& [name, array] : read_npz(file.bytes)) {
    const std::size_t dot = name.find('.');
    (name.starts_with("in.") ? in : out)
        .add(sequence_name(name.substr(dot + 1)), to_tensor<double>(array));
  }
  PublishedCase p;
  p.name = file.name;
  p.description = known.description;
  p.printed = known.printed;
  p.cell = in.contains("Waa") ? Cell::rnn : Cell::lstm;
  p.backward = in.contains("da");
  const Shape x = in["x"].shape(), a0 = in["a0"].shape();
  p.sizes = {x[0], a0[0], x[1], x[2], p.backward ? in["da"].shape()[2] : x[2]};

  p.problem = {p.cell, Activation::tanh, p.sizes,
               make_tensors<double>(p.cell, input_names(p.cell), p.sizes),
               make_tensors<double>(p.cell, upstream_names(p.cell), p.sizes)};
  for (NamedTensors<double>* tensors : {&p.problem.in, &p.problem.up})
    for (auto& [name, tensor] : *tensors)
      if (in.contains(name)) tensor = shaped(in[name], tensor.shape());
  p.head.add("Wya", in["Wya"]);
  p.head.add("by", in["by"]);

  for (const auto& [name, values] : out) {
    const Shape shape = name == "y" ? Shape{in["by"].shape()[0], p.sizes.m, p.sizes.T_x}
                                    : shape_of(p.cell, name, p.sizes);
    p.expected.add(name, shaped(values, shape));
  }
  return p;
}

}  // namespace

const std::vector<PublishedCase>& published_cases() {
  static const std::vector<PublishedCase> all = [] {
    std::vector<PublishedCase> cases;
    for (const EmbeddedFile& file : embedded_files()) cases.push_back(published_case(file));
    return cases;
  }();
  return all;
}

const PublishedCase& find_published_case(std::string_view name) {
  std::string known;
  for (const PublishedCase& p : published_cases()) {
    if (p.name == name) return p;
    known += (known.empty() ? "" : ", ") + std::string(p.name);
  }
  throw UnsupportedError("there is no published case '" + std::string(name) + "'; they are " +
                         known);
}

}  // namespace bptt::properties
