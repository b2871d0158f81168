// What the rows of oneDNN share. Primitives are made and arguments bound ahead of time, as its
// documentation says inference should, so that the timed loop is dnnl_primitive_execute alone.
// oneDNN chooses its instructions by itself and is held to those of the rows.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bench/register.h"

namespace podium::bench {

using dnnl::memory;
using Type = memory::data_type;
using Tag = memory::format_tag;
using Arguments = std::vector<std::pair<int, memory>>;

// Its INT8 kernels for lesser x86 CPUs add two products in 16 bits, which saturates: with weights
// of all 8 bits the sums are wrong, as its documentation warns.
bool OneDnnInt8IsExact();

const dnnl::engine& Cpu();
dnnl::stream& Stream();

memory::desc Matrix(std::size_t rows, std::size_t cols, Type type, Tag tag = Tag::ab);

// oneDNN's interface knows no const: what it is given as an input it does not write.
memory View(const memory::desc& desc, const void* data);

// make() on `threads` threads; a row that says why not, if oneDNN is of no use here or throws.
Row MakeOneDnnRow(int threads, const std::function<Row()>& make);

// Why a primitive is no competitor; empty if it is one.
std::string RefusalOf(const dnnl::primitive_desc_base& desc);

// One execution of `primitive`. Keeps `owner` alive too.
std::function<void()> Execution(const dnnl::primitive& primitive, const Arguments& arguments,
                                int threads, const std::shared_ptr<const void>& owner);

}  // namespace podium::bench
