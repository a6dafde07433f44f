#include "properties/judged.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "properties/lengths.hpp"

namespace bptt::properties {
namespace {

/// The exceptions that left a subject's calls. Several threads may run them.
class Thrown {
 public:
  template <class Call>
  auto remembering(const Call& call) {
    try {
      return call();
    } catch (const CheckerError&) {
      throw;
    } catch (...) {
      const std::lock_guard lock(mutex_);
      exceptions_.push_back(std::current_exception());
      throw;
    }
  }
  [[nodiscard]] bool threw(const std::exception_ptr& exception) const {
    const std::lock_guard lock(mutex_);
    return std::find(exceptions_.begin(), exceptions_.end(), exception) != exceptions_.end();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::exception_ptr> exceptions_;
};

template <class S>
class AnswerableSession final : public Session<S> {
 public:
  AnswerableSession(Cell cell, std::vector<std::string> without,
                    std::unique_ptr<Session<S>> session, Thrown& thrown)
      : cell_(cell), without_(std::move(without)), session_(std::move(session)), thrown_(thrown) {}
  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    thrown_.remembering([&] { session_->forward(in, out); });
    forget(out);
    settle_behind_the_ends(cell_, in, out);
  }
  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    thrown_.remembering([&] { session_->backward(in, up, grad); });
    forget(grad);
  }

 private:
  /// What is not given is zero, whatever the arrays held.
  void forget(const NamedViews<S>& views) const {
    for (const std::string& name : without_)
      if (views.contains(name) && !accumulates(cell_, name)) fill(views[name], S(0));
  }

  Cell cell_;
  std::vector<std::string> without_;
  std::unique_ptr<Session<S>> session_;
  Thrown& thrown_;
};

/// The same subject, whose exceptions are remembered.
class AnswerableSubject final : public Subject {
 public:
  AnswerableSubject(const Subject& subject, Thrown& thrown) : subject_(subject), thrown_(thrown) {}
  [[nodiscard]] std::string name() const override { return subject_.name(); }
  [[nodiscard]] std::string description() const override { return subject_.description(); }
  [[nodiscard]] Capabilities capabilities() const override { return subject_.capabilities(); }
  [[nodiscard]] std::unique_ptr<Session<float>> open_f32(Cell cell, Activation activation,
                                                         const Sizes& sizes) const override {
    return open_as<float>(cell, activation, sizes);
  }
  [[nodiscard]] std::unique_ptr<Session<double>> open_f64(Cell cell, Activation activation,
                                                          const Sizes& sizes) const override {
    return open_as<double>(cell, activation, sizes);
  }

 private:
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> open_as(Cell cell, Activation activation,
                                                    const Sizes& sizes) const {
    return std::make_unique<AnswerableSession<S>>(
        cell, subject_.capabilities().without,
        thrown_.remembering([&] { return subject_.open<S>(cell, activation, sizes); }), thrown_);
  }
  const Subject& subject_;
  Thrown& thrown_;
};

Verdict not_judged(const std::string& reason) {
  Verdict verdict;
  verdict.outcome = Outcome::not_judged;
  verdict.reason = reason;
  return verdict;
}

/// An exception is the subject's if it was thrown by one of its calls.
Verdict judged_by(const Thrown& subject, const std::function<Verdict()>& check) {
  const auto of_the_subject = [&subject] { return subject.threw(std::current_exception()); };
  try {
    return check();
  } catch (const CheckerError& error) {
    return not_judged(error.what());
  } catch (const std::exception& error) {
    const bool failed = dynamic_cast<const SubjectFailure*>(&error) != nullptr;
    if (failed || of_the_subject()) return broken_by(error);
    if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
      return not_judged("the checker ran out of memory");
    return not_judged(std::string("the checker itself failed: ") + error.what());
  } catch (...) {
    constexpr auto what = "something that is no std::exception";
    if (of_the_subject()) return broken_by(Error(what));
    return not_judged(std::string("the checker itself threw ") + what);
  }
}

}  // namespace

Verdict judged(const std::function<Verdict()>& check) { return judged_by(Thrown(), check); }

Verdict judged(const Subject& subject, const std::function<Verdict(const Subject&)>& check) {
  Thrown thrown;
  const AnswerableSubject answerable(subject, thrown);
  return judged_by(thrown, [&] { return check(answerable); });
}

}  // namespace bptt::properties
