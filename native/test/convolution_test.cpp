#include "caffe4j/convolution.h"

#include <string>

#include "test_util.h"

namespace caffe4j {
namespace {

struct Case {
  int64_t batch, channels, height, width, outputs, group, kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation;
  int64_t out_h() const { return (height + 2 * pad_h - (dilation * (kernel_h - 1) + 1)) / stride_h + 1; }
  int64_t out_w() const { return (width + 2 * pad_w - (dilation * (kernel_w - 1) + 1)) / stride_w + 1; }
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.batch << "x" << c.channels << "x" << c.height << "x" << c.width << "->" << c.outputs << " g" << c.group << " k" << c.kernel_h
       << "x" << c.kernel_w << " s" << c.stride_h << "x" << c.stride_w << " p" << c.pad_h << "x" << c.pad_w << " d" << c.dilation;
}

/** Calls f(output index, input index, weight index, output channel) for every product of the convolution. */
template <class F>
void for_products(const Case& c, const F& f) {
  const int64_t in_group = c.channels / c.group, out_group = c.outputs / c.group;
  for (int64_t n = 0; n < c.batch; ++n)
    for (int64_t o = 0; o < c.outputs; ++o)
      for (int64_t y = 0; y < c.out_h(); ++y)
        for (int64_t x = 0; x < c.out_w(); ++x)
          for (int64_t i = 0; i < in_group; ++i)
            for (int64_t p = 0; p < c.kernel_h; ++p)
              for (int64_t q = 0; q < c.kernel_w; ++q) {
                const int64_t h = y * c.stride_h - c.pad_h + p * c.dilation, w = x * c.stride_w - c.pad_w + q * c.dilation;
                if (h < 0 || h >= c.height || w < 0 || w >= c.width) continue;
                const int64_t channel = o / out_group * in_group + i;
                f(((n * c.outputs + o) * c.out_h() + y) * c.out_w() + x, ((n * c.channels + channel) * c.height + h) * c.width + w,
                  ((o * in_group + i) * c.kernel_h + p) * c.kernel_w + q, o);
              }
}

struct ConvolutionDeleter {
  void operator()(Convolution* c) const { convolution_destroy(c); }
};

class ConvolutionTest : public testing::TestWithParam<std::tuple<int, bool, Case>> {};

TEST_P(ConvolutionTest, AgreesWithDirectSums) {
  const auto& [engine, inference, c] = GetParam();
  ContextPtr context = make_context(2);
  const int64_t kernel[] = {c.kernel_h, c.kernel_w}, stride[] = {c.stride_h, c.stride_w}, pad[] = {c.pad_h, c.pad_w},
                dilation[] = {c.dilation, c.dilation};
  std::unique_ptr<Convolution, ConvolutionDeleter> op(
      convolution_create(context.get(), engine, c.channels, c.outputs, c.group, kernel, stride, pad, dilation, 2, inference));
  const std::vector<int64_t> in{c.batch, c.channels, c.height, c.width}, out{c.batch, c.outputs, c.out_h(), c.out_w()},
      weights{c.outputs, c.channels / c.group, c.kernel_h, c.kernel_w};
  const int64_t in_count = in[0] * in[1] * in[2] * in[3], out_count = out[0] * out[1] * out[2] * out[3],
                weight_count = weights[0] * weights[1] * weights[2] * weights[3];
  const auto x = random_values(in_count, 1), w = random_values(weight_count, 2), b = random_values(c.outputs, 3),
             dy = random_values(out_count, 4);

  std::vector<double> y(static_cast<size_t>(out_count)), dx(static_cast<size_t>(in_count)), dw(static_cast<size_t>(weight_count), 0.5),
      db(static_cast<size_t>(c.outputs), 0.25);
  for (int64_t i = 0; i < out_count; ++i) {
    const auto channel = size_t(i / (c.out_h() * c.out_w()) % c.outputs);
    y[size_t(i)] = double(b[channel]);
    db[channel] += double(dy[size_t(i)]);
  }
  for_products(c, [&](int64_t o, int64_t i, int64_t k, int64_t) {
    y[size_t(o)] += double(x[size_t(i)]) * double(w[size_t(k)]);
    dx[size_t(i)] += double(dy[size_t(o)]) * double(w[size_t(k)]);
    dw[size_t(k)] += double(dy[size_t(o)]) * double(x[size_t(i)]);
  });

  TensorPtr bottom = make_tensor(context.get(), in, x), weight = make_tensor(context.get(), weights, w),
            bias = make_tensor(context.get(), {c.outputs}, b), top = make_tensor(context.get(), out),
            top_diff = make_tensor(context.get(), out, dy), bottom_diff = make_tensor(context.get(), in),
            weight_diff = make_tensor(context.get(), weights), bias_diff = make_tensor(context.get(), {c.outputs});
  tensor_fill(weight_diff.get(), 0.5f);
  tensor_fill(bias_diff.get(), 0.25f);
  for (int round = 0; round < 2; ++round) {  // the second round runs on what the first prepared
    convolution_forward(op.get(), bottom.get(), weight.get(), bias.get(), top.get());
    EXPECT_EQ(std::string(convolution_implementation(op.get())).find("ref"), std::string::npos);
    expect_close(values_of(top.get()), y, 1e-5);
  }
  convolution_backward_data(op.get(), top_diff.get(), weight.get(), nullptr, bottom_diff.get());
  expect_close(values_of(bottom_diff.get()), dx, 1e-5);
  convolution_backward_weight(op.get(), bottom.get(), top_diff.get(), weight_diff.get(), bias_diff.get());
  expect_close(values_of(weight_diff.get()), dw, 1e-5);
  expect_close(values_of(bias_diff.get()), db, 1e-5);

  tensor_scale(weight.get(), 2);  // packed copies must follow
  for (double& v : y) v *= 2;
  for (int64_t i = 0; i < out_count; ++i) y[size_t(i)] -= double(b[size_t(i / (c.out_h() * c.out_w()) % c.outputs)]);
  convolution_forward(op.get(), bottom.get(), weight.get(), bias.get(), top.get());
  expect_close(values_of(top.get()), y, 1e-5);
}

const Case kCases[] = {
    {2, 6, 9, 8, 4, 1, 3, 3, 1, 1, 0, 0, 1},    {1, 3, 23, 25, 16, 1, 7, 7, 2, 2, 3, 3, 1},  {2, 16, 13, 13, 32, 2, 3, 3, 1, 1, 1, 1, 1},
    {3, 8, 7, 9, 12, 4, 1, 1, 1, 1, 0, 0, 1},   {2, 24, 10, 10, 24, 24, 3, 3, 2, 2, 1, 1, 1}, {1, 5, 12, 11, 7, 1, 5, 3, 1, 2, 2, 0, 1},
    {2, 4, 14, 14, 6, 2, 3, 3, 1, 1, 2, 2, 2},  {1, 8, 9, 9, 10, 1, 1, 1, 1, 1, 1, 1, 1},    {2, 16, 8, 8, 32, 1, 1, 1, 2, 2, 0, 0, 1},
    {1, 1, 28, 28, 20, 1, 5, 5, 1, 1, 0, 0, 1},  {5, 20, 12, 12, 50, 1, 5, 5, 1, 1, 0, 0, 1}, {3, 7, 10, 13, 9, 1, 2, 4, 1, 1, 1, 2, 1},
    {2, 5, 11, 9, 18, 1, 3, 6, 1, 1, 2, 5, 1},  {9, 10, 6, 19, 21, 1, 3, 3, 1, 1, 1, 1, 1},  {2, 6, 7, 5, 3, 1, 4, 2, 1, 1, 0, 1, 1},
    // A kernel a channel.
    {2, 3, 41, 40, 3, 3, 3, 3, 1, 1, 1, 1, 1},  {1, 5, 9, 12, 5, 5, 5, 5, 1, 1, 2, 0, 1},     {2, 4, 16, 15, 4, 4, 5, 5, 3, 2, 1, 2, 1},
    {1, 2, 7, 7, 2, 2, 3, 3, 1, 1, 4, 3, 1},    {2, 6, 9, 9, 6, 6, 3, 3, 1, 1, 2, 2, 2},
    // Strides and pads for which no kernel is generated.
    {2, 6, 17, 40, 4, 1, 1, 5, 2, 65536, 0, 2, 1}, {1, 16, 5, 5, 16, 1, 3, 3, 10, 10, 40, 40, 1},
};

INSTANTIATE_TEST_SUITE_P(Shapes, ConvolutionTest,
                         testing::Combine(testing::Values(ENGINE_DEFAULT, ENGINE_CAFFE, ENGINE_FAST), testing::Bool(), testing::ValuesIn(kCases)));

TEST(Convolution, ChainKeepsTheBlockedLayout) {
  ContextPtr context = make_context(2);
  const int64_t three[] = {3, 3}, one[] = {1, 1};
  std::unique_ptr<Convolution, ConvolutionDeleter> a(
      convolution_create(context.get(), ENGINE_DEFAULT, 16, 32, 1, three, one, one, one, 2, false));
  std::unique_ptr<Convolution, ConvolutionDeleter> b(
      convolution_create(context.get(), ENGINE_DEFAULT, 32, 32, 1, three, one, one, one, 2, false));
  TensorPtr x = make_tensor(context.get(), {2, 16, 12, 12}, random_values(2 * 16 * 144, 1)), y = make_tensor(context.get(), {2, 32, 12, 12}),
            z = make_tensor(context.get(), {2, 32, 12, 12}), wa = make_tensor(context.get(), {32, 16, 3, 3}, random_values(32 * 144, 2)),
            wb = make_tensor(context.get(), {32, 32, 3, 3}, random_values(32 * 32 * 9, 3));
  convolution_forward(a.get(), x.get(), wa.get(), nullptr, y.get());
  convolution_forward(b.get(), y.get(), wb.get(), nullptr, z.get());
  const int64_t before = context_reorders(context.get());
  convolution_forward(b.get(), y.get(), wb.get(), nullptr, z.get());
  EXPECT_EQ(context_reorders(context.get()), before) << "weights and activations of the second convolution were in place already";
}

TEST(Convolution, FewChannelsTakeTheKernelsForThem) {
  const auto implementation = [](int64_t channels, int64_t outputs, bool inference) {
    ContextPtr context(context_create_cpu(2));
    const int64_t five[] = {5, 5}, one[] = {1, 1}, zero[] = {0, 0};
    std::unique_ptr<Convolution, ConvolutionDeleter> op(
        convolution_create(context.get(), ENGINE_DEFAULT, channels, outputs, 1, five, one, zero, one, 2, inference));
    TensorPtr x = make_tensor(context.get(), {2, channels, 12, 12}), y = make_tensor(context.get(), {2, outputs, 8, 8}),
              w = make_tensor(context.get(), {outputs, channels, 5, 5});
    convolution_forward(op.get(), x.get(), w.get(), nullptr, y.get());
    EXPECT_EQ(context_reorders(context.get()) > 0, convolution_implementation(op.get()) != std::string("direct"));
    return std::string(convolution_implementation(op.get()));
  };
  EXPECT_EQ(implementation(20, 50, false), "direct");
  EXPECT_EQ(implementation(1, 20, false), "direct");
  EXPECT_NE(implementation(32, 64, false), "direct");
  EXPECT_NE(implementation(20, 50, true), "direct") << "layouts of inference are chosen for the whole net";
}

TEST(Convolution, RefusesWhatDoesNotFit) {
  ContextPtr context = make_context(1);
  const int64_t three[] = {3, 3}, one[] = {1, 1}, zero[] = {0, 0};
  EXPECT_THROW(convolution_create(context.get(), 0, 5, 4, 2, three, one, zero, one, 2, true), std::exception);
  EXPECT_THROW(convolution_create(context.get(), 0, 4, 5, 2, three, one, zero, one, 2, true), std::exception);
  EXPECT_THROW(convolution_create(context.get(), 0, 4, 4, 1, three, zero, zero, one, 2, true), std::exception);
  EXPECT_THROW(convolution_create(context.get(), 0, 4, 4, 1, nullptr, one, zero, one, 2, true), std::exception);
  std::unique_ptr<Convolution, ConvolutionDeleter> op(convolution_create(context.get(), 0, 4, 4, 1, three, one, zero, one, 2, true));
  TensorPtr small = make_tensor(context.get(), {1, 4, 2, 2}), w = make_tensor(context.get(), {4, 4, 3, 3}), y = make_tensor(context.get(), {1});
  EXPECT_THROW(convolution_forward(op.get(), small.get(), w.get(), nullptr, y.get()), std::exception);
  TensorPtr x = make_tensor(context.get(), {1, 4, 5, 5});
  EXPECT_THROW(convolution_forward(op.get(), x.get(), w.get(), nullptr, y.get()), std::exception) << "top too small";
  TensorPtr top = make_tensor(context.get(), {1, 4, 3, 3});
  EXPECT_THROW(convolution_forward(op.get(), x.get(), y.get(), nullptr, top.get()), std::exception) << "weights too small";
  EXPECT_THROW(convolution_forward(op.get(), x.get(), w.get(), y.get(), top.get()), std::exception) << "bias too small";
}

TEST(Im2col, UnrollsAndSumsBackOnThreeAxes) {
  ContextPtr context = make_context(2);
  const int64_t kernel[] = {2, 1, 3}, stride[] = {1, 2, 2}, pad[] = {1, 0, 1}, dilation[] = {1, 1, 2};
  const int64_t in[] = {3, 4, 6}, out[] = {4, 2, 2};
  const int64_t channels = 2, batch = 2, points = 6, positions = 16;
  TensorPtr x = make_tensor(context.get(), {batch, channels, 3, 4, 6}, random_values(batch * channels * 72, 7));
  TensorPtr y = make_tensor(context.get(), {batch, channels * points, 4, 2, 2});
  im2col_forward(x.get(), y.get(), kernel, stride, pad, dilation, 3);
  const auto from = values_of(x.get()), to = values_of(y.get());
  std::vector<double> sums(from.size());
  size_t at = 0;
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t k = 0; k < points; ++k)
        for (int64_t p = 0; p < positions; ++p, ++at) {
          const int64_t offset[] = {k / 3, 0, k % 3}, position[] = {p / 4, p / 2 % 2, p % 2};
          int64_t index = n * channels + c;
          bool inside = true;
          for (int i = 0; i < 3; ++i) {
            const int64_t v = position[i] * stride[i] - pad[i] + offset[i] * dilation[i];
            inside = inside && v >= 0 && v < in[i];
            index = index * in[i] + v;
          }
          ASSERT_EQ(to[at], inside ? from[size_t(index)] : 0.f) << "patch element " << at << " of " << out[0];
          if (inside) sums[size_t(index)] += double(to[at]);
        }
  im2col_backward(y.get(), x.get(), kernel, stride, pad, dilation, 3);
  expect_close(values_of(x.get()), sums, 1e-6);
}

}  // namespace
}  // namespace caffe4j
