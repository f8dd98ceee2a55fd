// Places for the values of several tensors in one array on a GPU.
#include <algorithm>

#include "error.h"
#include "plan/arena.h"
#include "tensor.h"

namespace caffe4j {

namespace {
/** Bytes whose multiples blocks begin at, as arrays of the GPU do. */
constexpr int64_t kAlignment = 256;
}  // namespace

int64_t tensors_place(Tensor** tensors, const int* first, const int* last, const int* within, const int64_t* offset, int count) {
  if (count == 0) return 0;
  require(count > 0 && tensors != nullptr && first != nullptr && last != nullptr && within != nullptr && offset != nullptr, ErrorKind::INVALID,
          "places are for tensors");
  const Context& context = deref(tensors[0], "tensor").context();
  require(context.gpu() != nullptr, ErrorKind::INVALID, "tensors get places on a GPU only");
  const size_t n = size_t(count);
  std::vector<size_t> roots(n);
  std::vector<int64_t> begin(n, 0);  // elements from the beginning of the root's place
  std::vector<ArenaBlock> blocks(n);
  for (size_t i = 0; i < n; ++i) {
    require(&deref(tensors[i], "tensor").context() == &context, ErrorKind::INVALID, "tensors in one array belong to one context");
    blocks[i] = {(tensors[i]->count() * int64_t(sizeof(float)) + kAlignment - 1) / kAlignment * kAlignment, first[i], last[i]};
  }
  for (size_t i = 0; i < n; ++i) {
    size_t root = i;
    for (size_t steps = 0; within[root] >= 0; root = size_t(within[root]), ++steps) {
      require(within[root] < count && steps < n, ErrorKind::INVALID, "tensor ", i, " lies in no place");
      require(offset[root] >= 0 && offset[root] + tensors[root]->count() <= tensors[within[root]]->count(), ErrorKind::SHAPE, "tensor ", root,
              " does not fit into tensor ", within[root]);
      begin[i] += offset[root];
    }
    roots[i] = root;
    blocks[root].first = std::min(blocks[root].first, first[i]);
    blocks[root].last = std::max(blocks[root].last, last[i]);
  }
  std::vector<ArenaBlock*> of_roots;
  for (size_t i = 0; i < n; ++i) {
    if (roots[i] == i) of_roots.push_back(&blocks[i]);
  }
  const int64_t bytes = place_blocks(of_roots);
  const DeviceArray<float> array(context, bytes / int64_t(sizeof(float)));
  for (size_t i = 0; i < n; ++i) tensors[i]->place(array, blocks[roots[i]].offset / int64_t(sizeof(float)) + begin[i]);
  return bytes;
}

}  // namespace caffe4j
