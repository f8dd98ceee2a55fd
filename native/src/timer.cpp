#include "caffe4j/timer.h"

#include <chrono>

#include "context.h"
#include "error.h"

namespace caffe4j {

class Timer {
 public:
  explicit Timer(Context& context) : context_(context.shared_from_this()), events_(context.gpu() ? context.gpu()->make_timer() : nullptr) {}

  void start() {
    if (events_ != nullptr) return events_->start();
    begin_ = Clock::now();
  }

  double milliseconds() {
    if (events_ != nullptr) return events_->milliseconds();
    return std::chrono::duration<double, std::milli>(Clock::now() - begin_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::shared_ptr<Context> context_;
  std::unique_ptr<GpuTimer> events_;
  Clock::time_point begin_ = Clock::now();
};

Timer* timer_create(Context* context) { return new Timer(deref(context, "context")); }
void timer_destroy(Timer* timer) { delete timer; }
void timer_start(Timer* timer) { deref(timer, "timer").start(); }
double timer_milliseconds(Timer* timer) { return deref(timer, "timer").milliseconds(); }

}  // namespace caffe4j
