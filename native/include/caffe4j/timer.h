#pragma once
#include "caffe4j/context.h"

namespace caffe4j {

/** Measures how long the work of a context takes: on a GPU by events in its queue, else by the clock. */
class Timer;

C4J_API Timer* timer_create(Context* context);
C4J_API void timer_destroy(Timer* timer);
/** Measures from here; may be called again. */
C4J_API void timer_start(Timer* timer);
/** Milliseconds from the last start until the work that was given to the context since is done; waits for it. */
C4J_API double timer_milliseconds(Timer* timer);

}  // namespace caffe4j
