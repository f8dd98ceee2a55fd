// The operations of a training iteration of LeNet (Caffe's, 64 images), called one after another without Java: forward, backward, update.
// Prints a line for each, "NAME MILLISECONDS GFLOP/s", the middle one of many iterations, and their sum: what is left of the time that
// ci/benchmarks/training measures is the graph in Java, the native boundary and the thread that reads records.
// Usage: lenet_training [cpu]; with cpu, processor time divided by the number of threads, which other programs hardly change: run it
// with OMP_WAIT_POLICY=passive, or waiting is counted.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "caffe4j/convolution.h"
#include "caffe4j/inner_product.h"
#include "caffe4j/pooling.h"
#include "caffe4j/relu.h"
#include "caffe4j/softmax.h"
#include "caffe4j/softmax_with_loss.h"
#include "caffe4j/solver_update.h"

using namespace caffe4j;

namespace {

constexpr int64_t kBatch = 64;
constexpr int kIterations = 300;

/** A blob: values and gradient. */
struct Blob {
  Tensor *data, *diff;

  /** Values of both signs, so that pooling and ReLU have something to choose. */
  Blob(Context* context, const std::vector<int64_t>& dims) : data(tensor_create(context)), diff(tensor_create(context)) {
    for (Tensor* t : {data, diff}) {
      tensor_reshape(t, dims.data(), int(dims.size()));
      float* values = tensor_overwrite(t);
      uint32_t state = 1;
      for (int64_t i = 0; i < tensor_count(t); ++i) {
        state = state * 1664525 + 1013904223;
        values[i] = (float(state >> 8) / float(1 << 24) - 0.5f) * 0.1f;
      }
    }
  }
};

struct Step {
  std::string name;
  double gflop;
  std::function<void()> run;
  std::vector<double> times = {};
};

double median(std::vector<double> times) {
  std::nth_element(times.begin(), times.begin() + std::ptrdiff_t(times.size() / 2), times.end());
  return times[times.size() / 2];
}

Convolution* convolution(Context* context, int64_t channels, int64_t outputs) {
  const int64_t five[] = {5, 5}, one[] = {1, 1}, zero[] = {0, 0};
  return convolution_create(context, ENGINE_DEFAULT, channels, outputs, 1, five, one, zero, one, 2, false);
}

}  // namespace

int main(int argc, char** argv) {
  // Everything lives until the process ends.
  Context* context = context_create_cpu(0);
  const Blob data(context, {kBatch, 1, 28, 28}), conv1(context, {kBatch, 20, 24, 24}), pool1(context, {kBatch, 20, 12, 12}),
      conv2(context, {kBatch, 50, 8, 8}), pool2(context, {kBatch, 50, 4, 4}), ip1(context, {kBatch, 500}), ip2(context, {kBatch, 10}),
      prob(context, {kBatch, 10}), label(context, {kBatch});
  const std::vector<Blob> params{Blob(context, {20, 1, 5, 5}), Blob(context, {20}), Blob(context, {50, 20, 5, 5}), Blob(context, {50}),
                                 Blob(context, {500, 800}),    Blob(context, {500}), Blob(context, {10, 500}),     Blob(context, {10})};
  std::vector<Blob> history;
  for (const Blob& p : params) {
    int64_t count = tensor_count(p.data);
    history.emplace_back(context, std::vector<int64_t>{count});
    tensor_fill(history.back().data, 0);
  }
  tensor_fill(label.data, 3);
  Convolution *c1 = convolution(context, 1, 20), *c2 = convolution(context, 20, 50);
  Pooling *p1 = pooling_create(context, POOLING_MAX, ENGINE_DEFAULT, 2, 2, 2, 2, 0, 0),
          *p2 = pooling_create(context, POOLING_MAX, ENGINE_DEFAULT, 2, 2, 2, 2, 0, 0);
  InnerProduct *i1 = inner_product_create(context, 500, 800, false, false), *i2 = inner_product_create(context, 10, 500, false, false);
  const auto gflop = [](int64_t a, int64_t b, int64_t c) { return 2e-9 * double(kBatch * a * b * c); };
  const double conv1_work = gflop(20, 25, 576), conv2_work = gflop(50, 500, 64), ip1_work = gflop(500, 800, 1), ip2_work = gflop(10, 500, 1);

  std::vector<Step> steps{
      {"conv1 forward", conv1_work, [&] { convolution_forward(c1, data.data, params[0].data, params[1].data, conv1.data); }},
      {"pool1 forward", 0, [&] { pooling_forward(p1, conv1.data, pool1.data, nullptr, true, 0); }},
      {"conv2 forward", conv2_work, [&] { convolution_forward(c2, pool1.data, params[2].data, params[3].data, conv2.data); }},
      {"pool2 forward", 0, [&] { pooling_forward(p2, conv2.data, pool2.data, nullptr, true, 0); }},
      {"ip1 forward", ip1_work, [&] { inner_product_forward(i1, pool2.data, params[4].data, params[5].data, ip1.data); }},
      {"relu1 forward", 0, [&] { relu_forward(ip1.data, ip1.data, 0); }},
      {"ip2 forward", ip2_work, [&] { inner_product_forward(i2, ip1.data, params[6].data, params[7].data, ip2.data); }},
      {"loss forward", 0,
       [&] {
         softmax_forward(ip2.data, prob.data, kBatch, 10, 1);
         softmax_loss_forward(prob.data, label.data, kBatch, 10, 1, false, 0);
       }},
      {"loss backward", 0, [&] { softmax_loss_backward(prob.data, label.data, ip2.diff, kBatch, 10, 1, false, 0, 1.f / kBatch); }},
      {"ip2 by weights", ip2_work, [&] { inner_product_backward_weight(i2, ip1.data, ip2.diff, params[6].diff, params[7].diff); }},
      {"ip2 by data", ip2_work, [&] { inner_product_backward_data(i2, ip2.diff, params[6].data, ip1.diff); }},
      {"relu1 backward", 0, [&] { relu_backward(ip1.data, ip1.diff, ip1.diff, 0); }},
      {"ip1 by weights", ip1_work, [&] { inner_product_backward_weight(i1, pool2.data, ip1.diff, params[4].diff, params[5].diff); }},
      {"ip1 by data", ip1_work, [&] { inner_product_backward_data(i1, ip1.diff, params[4].data, pool2.diff); }},
      {"pool2 backward", 0, [&] { pooling_backward(p2, conv2.data, pool2.diff, conv2.diff); }},
      {"conv2 by weights", conv2_work, [&] { convolution_backward_weight(c2, pool1.data, conv2.diff, params[2].diff, params[3].diff); }},
      {"conv2 by data", conv2_work, [&] { convolution_backward_data(c2, conv2.diff, params[2].data, nullptr, pool1.diff); }},
      {"pool1 backward", 0, [&] { pooling_backward(p1, conv1.data, pool1.diff, conv1.diff); }},
      {"conv1 by weights", conv1_work, [&] { convolution_backward_weight(c1, data.data, conv1.diff, params[0].diff, params[1].diff); }},
      {"update", 0,
       [&] {
         for (size_t i = 0; i < params.size(); ++i) {
           sgd_update(params[i].data, params[i].diff, history[i].data, 1, 0, 5e-4f, 1e-6f, 0.9f);
           tensor_fill(params[i].diff, 0);  // what the solver does at the start of an iteration
         }
       }},
  };
  std::vector<double> whole;
  const bool cpu = argc > 1 && std::strcmp(argv[1], "cpu") == 0;
  const auto now = [&] {
    timespec time{};
    clock_gettime(cpu ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
    return (double(time.tv_sec) * 1e3 + double(time.tv_nsec) * 1e-6) / (cpu ? context_threads(context) : 1);
  };
  for (int i = 0; i < kIterations; ++i) {
    const double start = now();
    for (Step& step : steps) step.run();
    whole.push_back(now() - start);
    for (Step& step : steps) {
      const double begin = now();
      step.run();
      step.times.push_back(now() - begin);
    }
  }
  double sum = 0;
  for (const Step& step : steps) {
    const double time = median(step.times);
    sum += time;
    std::printf("%-18s %7.3f", step.name.c_str(), time);
    if (step.gflop > 0) std::printf(" %7.1f", step.gflop / time * 1e3);
    std::printf("\n");
  }
  std::printf("%-18s %7.3f\n%-18s %7.3f\n", "sum", sum, "iteration", median(whole));
  return 0;
}
