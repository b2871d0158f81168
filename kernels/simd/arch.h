// Names the xsimd architecture of each ISA namespace. Inside namespace podium::PODIUM_ISA, `Arch`
// is that of the ISA being compiled, `F32` and `I32` its batches.
//
// Write xsimd::batch<T, Arch>, never xsimd::batch<T>: the default architecture differs between
// translation units, which breaks the one-definition rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <xsimd/xsimd.hpp>

#ifndef PODIUM_ISA
#error "for *.simd.cc only: kernels/CMakeLists.txt compiles them once per ISA"
#endif

namespace podium {

namespace sse2 {
using Arch = xsimd::sse2;
}  // namespace sse2

namespace avx2 {
using Arch = xsimd::fma3<xsimd::avx2>;
}  // namespace avx2

namespace avx512bw {
using Arch = xsimd::avx512bw;
}  // namespace avx512bw

namespace avx512vnni {
#if XSIMD_VERSION_MAJOR < 10
struct Arch : xsimd::avx512bw {};  // xsimd had no VNNI; a tag of its own keeps symbols apart
#else
using Arch = xsimd::avx512vnni<xsimd::avx512bw>;
#endif
}  // namespace avx512vnni

namespace neon {
using Arch = xsimd::neon64;
}  // namespace neon

}  // namespace podium

#if XSIMD_VERSION_MAJOR < 10 && XSIMD_WITH_AVX512BW
namespace xsimd::types {
XSIMD_DECLARE_SIMD_REGISTER_ALIAS(podium::avx512vnni::Arch, avx512bw);
template <class T>
struct get_bool_simd_register<T, podium::avx512vnni::Arch> : get_bool_simd_register<T, avx512bw> {};
}  // namespace xsimd::types
#endif

namespace podium::PODIUM_ISA {
using F32 = xsimd::batch<float, Arch>;
using I32 = xsimd::batch<std::int32_t, Arch>;
}  // namespace podium::PODIUM_ISA
