// The solvers' updates of 16,777,216 weights: milliseconds, beside those of a loop that reads and writes as many arrays. Usage: solver_update
#include <cstdio>

#include "caffe4j/solver_update.h"
#include "measure.h"

using namespace caffe4j;

namespace {

constexpr int64_t kWeights = 1 << 24;
constexpr int kCalls = 9;

void add_to(float* a) { *a += 1e-9f; }

/** Reads and writes arrays, all in one loop. */
double loop(float* a, float* b, float* c, float* d) {
  return milliseconds(kCalls, [=] {
#pragma omp parallel for simd schedule(static)
    for (int64_t i = 0; i < kWeights; ++i) {
      add_to(a + i);
      add_to(b + i);
      add_to(c + i);
      if (d != nullptr) add_to(d + i);
    }
  });
}

}  // namespace

int main() {
  Context* context = context_create_cpu(0);
  Tensor *w = tensor_of(context, {kWeights}, 1e-3f), *g = tensor_of(context, {kWeights}, 1e-3f), *h = tensor_of(context, {kWeights}, 1e-3f),
         *s = tensor_of(context, {kWeights}, 1e-3f);
  const auto row = [](const char* solver, double update, double limit) {
    std::printf("%-9s %6.2f, of the loop %.2f\n", solver, update, update / limit);
  };
  constexpr float kDecay = 5e-4f, kRate = 1e-9f, kDelta = 1e-8f;
  const double three = loop(tensor_overwrite(w), tensor_overwrite(g), tensor_overwrite(h), nullptr);
  const double four = loop(tensor_overwrite(w), tensor_overwrite(g), tensor_overwrite(h), tensor_overwrite(s));
  std::printf("loop over three arrays %.2f, over four %.2f\n", three, four);
  row("SGD", milliseconds(kCalls, [&] { sgd_update(w, g, h, 1, 0, kDecay, kRate, 0.9f); }), three);
  row("Nesterov", milliseconds(kCalls, [&] { nesterov_update(w, g, h, 1, 0, kDecay, kRate, 0.9f); }), three);
  row("AdaGrad", milliseconds(kCalls, [&] { adagrad_update(w, g, h, 1, 0, kDecay, kRate, kDelta); }), three);
  row("RMSProp", milliseconds(kCalls, [&] { rmsprop_update(w, g, h, 1, 0, kDecay, kRate, 0.9f, kDelta); }), three);
  row("AdaDelta", milliseconds(kCalls, [&] { adadelta_update(w, g, h, s, 1, 0, kDecay, kRate, 0.9f, kDelta); }), four);
  row("Adam", milliseconds(kCalls, [&] { adam_update(w, g, h, s, 1, 0, kDecay, kRate, 0.9f, 0.999f, kDelta); }), four);
  for (Tensor* t : {w, g, h, s}) tensor_destroy(t);
  context_destroy(context);
  return 0;
}
