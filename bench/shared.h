// Shared(key, make): the value `make` returns, made once per key for all rows of a family that use
// it while one of them lives. Inputs and their FP64 truth are the same for every variant and ISA of
// a workload, and the truth is by far the most expensive part of a row.
#pragma once

#include <map>
#include <memory>

namespace podium::bench {

template <class Key, class Make>
auto Shared(const Key& key, const Make& make) {
  using Value = decltype(make());
  static auto* const values = new std::map<Key, std::weak_ptr<const Value>>;
  std::weak_ptr<const Value>& slot = (*values)[key];
  std::shared_ptr<const Value> value = slot.lock();
  if (value == nullptr) slot = value = std::make_shared<const Value>(make());
  return value;
}

}  // namespace podium::bench
