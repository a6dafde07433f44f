#include "bench/pass_timer.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace bptt::bench {

PassTimer::PassTimer(const std::vector<std::string>& contestants, const Make& make, Started started)
    : started_(std::move(started)) {
  for (const std::string& name : contestants)
    processes_.push_back(std::make_unique<ContestantProcess>(
        name, [make, name](const Group& group) { return make(name, group); }));
}

ContestantProcess& PassTimer::process_of(const std::string& contestant) {
  for (const auto& process : processes_)
    if (process->name() == contestant) return *process;
  throw Error("no process was started for the contestant " + contestant);
}

void PassTimer::run(const std::vector<Entry>& entries, const Repetitions& repetitions,
                    Results& results) {
  struct Turn {
    const Entry* entry;
    std::int64_t iterations = 0;  // the first repetition says how many
    bool runs = true;
  };
  std::vector<Turn> turns;
  for (const Entry& entry : entries) turns.push_back({&entry});
  std::vector<std::size_t> order;
  for (int k = 0; k < repetitions.count; ++k)
    for (std::size_t turn = 0; turn < turns.size(); ++turn) order.push_back(turn);
  std::shuffle(order.begin(), order.end(), order_);

  ++batch_;
  for (const std::size_t k : order) {
    Turn& turn = turns[k];
    if (!turn.runs) continue;
    const Group& group = turn.entry->group;
    started_(group.name() + "/" + turn.entry->contestant);
    const Repetition timed = process_of(turn.entry->contestant)
                                 .run({group, turn.iterations, repetitions.seconds, batch_});
    turn.runs = timed.ran;
    if (!timed.ran) continue;
    turn.iterations = timed.iterations;
    results.add(group, turn.entry->contestant, timed, repetitions.count);
  }
}

}  // namespace bptt::bench
