#include "subjects/foreign/worker_pool.hpp"

#include <utility>

namespace bptt::foreign {

void Starter::run(const std::function<void()>& task) {
  const std::lock_guard turn(one_at_a_time_);
  std::unique_lock lock(mutex_);
  task_ = &task;
  changed_.notify_all();
  changed_.wait(lock, [this] { return task_ == nullptr; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Starter::serve(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return task_ != nullptr; })) {
    try {
      (*task_)();
    } catch (...) {
      failure_ = std::current_exception();
    }
    task_ = nullptr;
    changed_.notify_all();
  }
}

WorkerPool::WorkerPool(const std::vector<Program>& candidates, const Options& options)
    : options_(options) {
  std::string text = "no program to run it";
  for (const Program& program : candidates) {
    std::unique_ptr<Worker> worker;
    try {
      worker = started(program);
    } catch (const Error& error) {
      text = error.what();  // no such program: the next one may be there
      continue;
    }
    Answer answer;
    try {
      answer = described(*worker, options_);
    } catch (const SubjectFailure& failure) {
      throw Error(std::string(name_of(failure.cause)) + " while loading: " + failure.what() +
                  (failure.output.empty() ? "" : "\n" + failure.output));
    }
    text = answer.text;
    if (answer.status == Status::no_numpy) continue;
    if (answer.status != Status::ok) break;
    program_ = program;
    description_ = text;
    idle_.push_back(std::move(worker));
    return;
  }
  throw Error(text);
}

WorkerPool::~WorkerPool() {
  idle_.clear();  // before the thread that started them ends
}

std::unique_ptr<Worker> WorkerPool::started(const Program& program) {
  auto worker = std::make_unique<Worker>();
  worker->segment = std::make_unique<Segment>();
  starter_.run([&] {
    worker->process = std::make_unique<Process>(program, worker->segment->descriptor(), options_);
  });
  return worker;
}

Answer WorkerPool::described(Worker& worker, const Options& options) {
  Request request{};
  request.magic = magic;
  request.operation = static_cast<std::uint32_t>(Operation::describe);
  request.segment_bytes = worker.segment->bytes();
  return worker.process->ask(request, options.load_timeout, "loading");
}

std::unique_ptr<Worker> WorkerPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
  }
  auto worker = started(program_);
  const Answer answer = described(*worker, options_);
  if (answer.status != Status::ok)
    throw SubjectFailure(Cause::raised, "loading it once more failed: " + answer.text);
  return worker;
}

void WorkerPool::give_back(std::unique_ptr<Worker> worker) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(worker));
}

}  // namespace bptt::foreign
