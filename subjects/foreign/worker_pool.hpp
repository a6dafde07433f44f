// Workers that run one foreign subject: as many as there are sessions at a time, started when they
// are needed and kept for the next session.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "subjects/foreign/process.hpp"
#include "subjects/foreign/segment.hpp"

namespace bptt::foreign {

struct Worker {
  std::unique_ptr<Segment> segment;
  std::unique_ptr<Process> process;
  std::uint64_t session = 0;  // the number of its latest one
};

/// A thread that does one thing after another for others. The system ends a worker together with
/// the thread that started it, and the threads of a campaign come and go.
class Starter {
 public:
  Starter() : thread_([this](const std::stop_token& stop) { serve(stop); }) {}
  /// Returns when it is done. Throws what `task` throws.
  void run(const std::function<void()>& task);

 private:
  void serve(const std::stop_token& stop);
  std::mutex one_at_a_time_, mutex_;
  std::condition_variable_any changed_;
  const std::function<void()>* task_ = nullptr;
  std::exception_ptr failure_;
  std::jthread thread_;
};

class WorkerPool {
 public:
  /// Starts a first worker. candidates: programs of which the first that can do the work is taken.
  /// Throws Error if none can: what the subject says, or how it failed to load.
  WorkerPool(const std::vector<Program>& candidates, const Options& options);
  ~WorkerPool();

  /// What the first worker answered to Operation::describe.
  [[nodiscard]] const std::string& description() const { return description_; }
  [[nodiscard]] const Options& options() const { return options_; }

  /// An idle worker, or a new one. Throws SubjectFailure if it cannot be started again.
  [[nodiscard]] std::unique_ptr<Worker> take();
  void give_back(std::unique_ptr<Worker> worker);

 private:
  [[nodiscard]] std::unique_ptr<Worker> started(const Program& program);
  [[nodiscard]] static Answer described(Worker& worker, const Options& options);

  Options options_;
  Program program_;
  std::string description_;
  Starter starter_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> idle_;
};

}  // namespace bptt::foreign
