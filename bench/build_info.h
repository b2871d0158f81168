// What this binary was built from and how; build_info.cmake fills it in at each build.
#pragma once

namespace podium::bench {

struct BuildInfo {
  const char* version;            // of Podium
  const char* git_sha;            // "-dirty" behind it if the tree had changes; else "unknown"
  const char* compiler;           // "GNU 12.2.0"
  const char* build_type;         // "Release"
  const char* flags;              // for everything
  const char* isa_flags;          // besides, for each ISA: "sse2: | avx2: -mavx2 -mfma | ..."
  const char* benchmark_version;  // "1.7.1"; empty if CMake did not say
};

extern const BuildInfo kBuildInfo;

}  // namespace podium::bench
