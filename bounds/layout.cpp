#include "bounds/layout.hpp"

#include <algorithm>

namespace bptt::bounds {

Layout::Layout(const cells::Program& program, const cells::Extents& extents, Index m)
    : extents_(extents), m_(m) {
  for (const cells::Letter& letter : program.letters) letters_.push_back(letter.extent.of(extents));
  for (const cells::Array& array : program.arrays) {
    Of of;
    for (const int letter : array.axes) {
      of.strides.push_back(of.of_a_sample);
      of.extents.push_back(letters_[static_cast<std::size_t>(letter)]);
      of.of_a_sample *= letters_[static_cast<std::size_t>(letter)];
    }
    of.of_samples = array.of_samples;
    of.block = of.of_a_sample * (array.of_samples ? m : 1);
    arrays_.push_back(std::move(of));
  }
}

Shape Layout::shape(int array) const {
  Shape shape;
  for (const Index extent : of(array).extents) shape.append(extent);
  if (of(array).of_samples) shape.append(m_);
  return shape;
}

Index Layout::offset(const cells::Place& place) const {
  Index offset = 0;
  for (std::size_t axis = 0; axis < place.at.size(); ++axis)
    if (!place.first[axis].sizes.empty())
      offset += place.first[axis].of(extents_) * of(place.array).strides[axis];
  return offset;
}

bool Layout::contains(const cells::Place& place, Index entry) const {
  for (std::size_t axis = place.at.size(); axis-- > 0;) {
    const Index stride = of(place.array).strides[axis];
    const Index at = entry / stride - place.first[axis].of(extents_);
    entry %= stride;
    if (at < 0 || at >= letters_[static_cast<std::size_t>(place.at[axis])]) return false;
  }
  return true;
}

Index Layout::moved(const cells::Place& place, const cells::Place& with, Index entry) const {
  Index offset = 0;
  for (std::size_t axis = with.at.size(); axis-- > 0;) {
    const Index step = of(with.array).strides[axis];
    const Index at = entry / step - with.first[axis].of(extents_);
    entry %= step;
    offset += at * stride(&place, with.at[axis]);
  }
  return offset;
}

Index Layout::stride(const cells::Place* place, int letter) const {
  Index stride = 0;
  if (place != nullptr)
    for (std::size_t axis = 0; axis < place->at.size(); ++axis)
      if (place->at[axis] == letter) stride += of(place->array).strides[axis];
  return stride;
}

std::vector<Axis> Layout::axes(const Operand& out, const Operand& p, const Operand& q,
                               Index samples, Index results, const cells::Place* fixed) const {
  std::vector<Axis> axes;
  std::vector<int> letters;
  for (const Operand* operand : {&out, &p, &q})
    if (operand->place != nullptr)
      for (const int letter : operand->place->at)
        if (std::find(letters.begin(), letters.end(), letter) == letters.end() &&
            (fixed == nullptr ||
             std::find(fixed->at.begin(), fixed->at.end(), letter) == fixed->at.end())) {
          letters.push_back(letter);
          axes.push_back({letters_[static_cast<std::size_t>(letter)], stride(out.place, letter),
                          stride(p.place, letter), stride(q.place, letter)});
        }
  const auto of_a_sample = [&](const Operand& operand) {
    if (operand.place == nullptr) return Index{0};
    const Of& array = of(operand.place->array);
    return array.of_samples ? array.of_a_sample : Index{0};
  };
  const Axis sample{samples, of_a_sample(out), of_a_sample(p), of_a_sample(q)};
  if (sample.out != 0 || sample.p != 0 || sample.q != 0) axes.push_back(sample);
  if (results > 1) axes.push_back({results, out.result, p.result, q.result});
  return axes;
}

}  // namespace bptt::bounds
