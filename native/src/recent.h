#pragma once
#include <cstddef>
#include <deque>
#include <utility>

namespace caffe4j {

/** The values made last, by key: primitives by shape and layout, where a net that sees many input sizes would else keep them all. */
template <class Key, class Value>
class Recent {
 public:
  /** The value of a key, made now unless it is there. Valid until the next call. */
  template <class Make>
  Value& get(const Key& key, const Make& make) {
    for (auto& [k, value] : values_) {
      if (k == key) return value;
    }
    if (values_.size() >= kKept) values_.pop_front();
    values_.emplace_back(key, make());
    return values_.back().second;
  }

 private:
  static constexpr size_t kKept = 8;
  std::deque<std::pair<Key, Value>> values_;
};

}  // namespace caffe4j
