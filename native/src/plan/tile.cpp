// The operation of a plan that repeats a value along an axis.
#include <algorithm>
#include <cstring>

#include "error.h"
#include "launch.h"
#include "plan/ops.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

namespace {

/** Each of `pieces` pieces of so many bytes `tiles` times, one behind the other. */
void repeat(const Context& context, const char* x, char* y, int64_t pieces, int64_t bytes, int64_t tiles) {
  constexpr int64_t kLarge = 1024;  // bytes: from here on copies of single pieces are quick
  context.enter();
  if (bytes >= kLarge) {
#pragma omp parallel for schedule(static) if (pieces * bytes * tiles >= kSerialBelow * int64_t(sizeof(float)))
    for (int64_t i = 0; i < pieces * tiles; ++i) std::memcpy(y + i * bytes, x + i / tiles * bytes, size_t(bytes));
    return;
  }
#pragma omp parallel for schedule(static) if (pieces * bytes * tiles >= kSerialBelow * int64_t(sizeof(float)))
  for (int64_t i = 0; i < pieces; ++i) {
    char* to = y + i * bytes * tiles;
    std::memcpy(to, x + i * bytes, size_t(bytes));
    for (int64_t done = 1; done < tiles; done *= 2) std::memcpy(to + done * bytes, to, size_t(std::min(done, tiles - done) * bytes));
  }
}

class PlanTile final : public PlanOp {
 public:
  PlanTile(std::string op_name, int input, int axis, int64_t tiles) : PlanOp(std::move(op_name), {input}), axis_(axis), tiles_(tiles) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanTile>(*this); }
  bool is_per_image(const Plan&) const override { return axis_ != 0; }
  bool selects() const override { return true; }
  bool is_nonnegative(bool of_nonnegative) const override { return of_nonnegative; }

  Dims infer(const Plan& plan) const override {
    Dims dims = plan.dims(inputs[0]);
    require(axis_ >= 0 && size_t(axis_) < dims.size(), ErrorKind::SHAPE, "layer '", name, "': there is no axis ", axis_);
    dims[size_t(axis_)] *= tiles_;
    return dims;
  }

  void compile(Plan& plan) const override {
    const Dims &in = plan.dims(inputs[0]), &out = plan.dims(output);
    const Desc present = is_integer(plan.result_type()) ? plan.layout(inputs[0]) : plan.working_in_float(inputs[0]);
    const auto type = is_integer(plan.result_type()) ? plan.result_type() : present.get_data_type();
    Desc src = plan.like(present, in, type), dst = plan.like(present, out, type);
    const bool cuts_block = axis_ == 1 && src.get_inner_nblks() > 0 && in[1] % src.get_inner_blks()[0] != 0;
    int64_t piece = count_of(in, size_t(axis_), in.size());
    if (cuts_block || same_places(present, row_major(in, present.get_data_type()))) {
      src = row_major(in, type);
      dst = row_major(out, type);
    } else {
      const int64_t blocks = axis_ == 1 && src.get_inner_nblks() > 0 ? in[1] / src.get_inner_blks()[0] : in[size_t(axis_)];
      piece = blocks * src.get_strides()[size_t(axis_)];
    }
    const int from = plan.read(inputs[0], src), to = plan.write(dst);
    const dnnl::memory x = plan.memory(from), y = plan.memory(to);
    const int64_t bytes = piece * int64_t(dnnl::memory::data_type_size(type)), pieces = bytes == 0 ? 0 : int64_t(src.get_size()) / bytes;
    plan.add_loop("tile", {from, to}, [context = &plan.context(), x, y, pieces, bytes, tiles = tiles_] {
      repeat(*context, static_cast<const char*>(x.get_data_handle()), static_cast<char*>(y.get_data_handle()), pieces, bytes, tiles);
    });
    add_post_steps(plan, *this, 0);
  }

 private:
  int axis_;
  int64_t tiles_;
};

}  // namespace

std::unique_ptr<PlanOp> make_plan_tile(std::string name, int input, int axis, int64_t tiles) {
  require(tiles > 0, ErrorKind::INVALID, "the number of tiles must be positive, got ", tiles);
  return std::make_unique<PlanTile>(std::move(name), input, axis, tiles);
}

}  // namespace caffe4j
