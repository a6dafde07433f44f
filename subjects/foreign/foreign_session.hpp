// A session of a foreign subject: its arrays into shared memory, one call of its worker, what came
// out back to the caller. Holds one worker from the first call to the end.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "core/problem.hpp"
#include "core/subject.hpp"
#include "subjects/foreign/worker_pool.hpp"
#include "subjects/requirements.hpp"

namespace bptt::foreign {

/// What of a foreign subject a session runs.
struct Task {
  Cell cell = Cell::rnn;
  Activation activation = Activation::tanh;
  Sizes sizes;
  Granularity granularity = Granularity::sequence;
  std::string forward_name, backward_name;  // of the functions, for the words of a failure
  bool checks_shapes = false;               // the subject is handed wrong shapes and refuses them
};

/// Throws what a worker's answer says: SubjectFailure, ShapeError; nothing if it is Status::ok.
void require_ok(const Answer& answer, const std::string& what, const Process& process);

template <class S>
class ForeignSession final : public Session<S> {
 public:
  ForeignSession(std::shared_ptr<WorkerPool> pool, Task task)
      : pool_(std::move(pool)), task_(std::move(task)) {}
  ~ForeignSession() override {
    if (worker_ != nullptr) pool_->give_back(std::move(worker_));
  }
  ForeignSession(const ForeignSession&) = delete;
  ForeignSession& operator=(const ForeignSession&) = delete;

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    require_arrays(task_.cell, given_names(task_.cell), task_.sizes, in);
    require_arrays(task_.cell, state_names(task_.cell), task_.sizes, out);
    if (worker_ == nullptr) {
      worker_ = pool_->take();
      ++worker_->session;
      worker_->process->forget_output();
    }
    Segment& segment = *worker_->segment;
    segment.clear();
    add(given_names(task_.cell), in);
    add_outputs(state_names(task_.cell), out);
    call(Operation::forward, task_.forward_name);
    states_ = NamedTensors<S>();
    for (const auto& name : state_names(task_.cell)) {
      copy(out[name], states_.add(name, Tensor<S>(out[name].shape())).view());
    }
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    if (!task_.checks_shapes)
      for (const auto& [name, view] : grad)
        require_shape(name, view.shape(), shape_of(task_.cell, name, task_.sizes));
    require_arrays(task_.cell, upstream_names(task_.cell), task_.sizes, up);
    if (worker_ == nullptr) throw Error("backward without a forward");
    Segment& segment = *worker_->segment;
    segment.clear();
    add(given_names(task_.cell), in);
    add(state_names(task_.cell), views_of(std::as_const(states_)));
    add(upstream_names(task_.cell), up);
    add_outputs(gradient_names(task_.cell), grad);
    call(Operation::backward, task_.backward_name);
  }

 private:
  void add(const std::vector<std::string>& names, const NamedViews<const S>& views) {
    for (const auto& name : names)
      worker_->segment->template add<S>(name, array_of(task_.cell, name).role, views[name]);
  }
  void add_outputs(const std::vector<std::string>& names, const NamedViews<S>& views) {
    for (const auto& name : names)
      if (views.contains(name))
        worker_->segment->template add_output<S>(name, array_of(task_.cell, name).role,
                                                 views[name]);
  }

  void call(Operation operation, const std::string& what) {
    Request request{};
    request.magic = magic;
    request.operation = static_cast<std::uint32_t>(operation);
    request.cell = static_cast<std::uint32_t>(task_.cell);
    request.activation = static_cast<std::uint32_t>(task_.activation);
    request.scalar = std::is_same_v<S, float> ? 0 : 1;
    request.granularity = static_cast<std::uint32_t>(task_.granularity);
    request.arrays = worker_->segment->commit();
    request.n_x = task_.sizes.n_x;
    request.n_a = task_.sizes.n_a;
    request.m = task_.sizes.m;
    request.T_x = task_.sizes.T_x;
    request.T_da = task_.sizes.T_da;
    set(request.cell_name, name_of(task_.cell));
    set(request.sizes, sizes_in_words());
    request.session = worker_->session;
    request.segment_bytes = worker_->segment->bytes();
    std::unique_ptr<Worker> worker = std::move(worker_);  // gone, unless it answers
    const Answer answer = worker->process->ask(request, pool_->options().call_timeout, what);
    try {
      require_ok(answer, what, *worker->process);
      worker->segment->collect();
    } catch (const SubjectFailure& failure) {
      if (!ends_worker(failure.cause)) worker_ = std::move(worker);
      throw;
    } catch (...) {
      worker_ = std::move(worker);
      throw;
    }
    worker_ = std::move(worker);
  }

  template <std::size_t size>
  static void set(char (&to)[size], std::string_view text) {
    if (text.size() >= size)
      throw Error("'" + std::string(text) + "' is longer than " + std::to_string(size - 1) +
                  " letters");
    std::copy(text.begin(), text.end(), to);
  }

  [[nodiscard]] std::string sizes_in_words() const {
    const Sizes& s = task_.sizes;
    std::string text;
    for (const auto& [name, size] : table_of(task_.cell).sizes())
      text += name + " " + std::to_string(s.*size) + " ";
    return text + "m " + std::to_string(s.m) + " T_x " + std::to_string(s.T_x) + " T_da " +
           std::to_string(s.T_da);
  }

  std::shared_ptr<WorkerPool> pool_;
  Task task_;
  std::unique_ptr<Worker> worker_;
  NamedTensors<S> states_;  // of the latest forward
};

}  // namespace bptt::foreign
