#include "kernels/fused_activation/gelu_table.h"

#include <numbers>

namespace podium {
namespace {

// To 12 digits, |x| <= 64.
constexpr double Exp(double x) {
  double y = 1, term = 1;
  for (int i = 1; i <= 12; ++i) y += term *= x / 1024 / i;
  for (int i = 0; i < 10; ++i) y *= y;
  return y;
}

constexpr double PhiTanh(double n) {
  constexpr double kSqrt2OverPi = 0.7978845608028654;
  return 1 / (1 + Exp(-2 * kSqrt2OverPi * (n + 0.044715 * n * n * n)));
}

// Phi(n) = 1/2 + phi(n) * (n + n^3 / 3 + n^5 / (3 * 5) + ...), Abramowitz and Stegun, 26.2.11.
constexpr double PhiErf(double n) {
  double sum = 0, term = n;
  for (int i = 3; i < 300; i += 2) {
    sum += term;
    term *= n * n / i;
  }
  return 0.5 + sum * Exp(-n * n / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
}

// In each piece the polynomial through the values at the Chebyshev nodes, by Newton's divided
// differences.
constexpr GeluTable MakeTable(double (*phi)(double)) {
  constexpr int kNodes = 5;
  // cos(pi / 10) / 8, cos(3 pi / 10) / 8, and what is symmetric to them.
  constexpr double kNode[kNodes] = {-0.11888206453689419, -0.07347315653655914, 0,
                                    0.07347315653655914, 0.11888206453689419};
  GeluTable table = {};
  for (int j = 0; j < 31; ++j) {
    double difference[kNodes] = {}, power[kNodes] = {};
    for (int i = 0; i < kNodes; ++i) difference[i] = phi(kNode[i] - j / 4.0);
    for (int k = 1; k < kNodes; ++k) {
      for (int i = kNodes - 1; i >= k; --i) {
        difference[i] = (difference[i] - difference[i - 1]) / (kNode[i] - kNode[i - k]);
      }
    }
    // Horner's rule in r - kNode[k], multiplied out.
    for (int k = kNodes - 1; k >= 0; --k) {
      for (int d = kNodes - 1; d > 0; --d) power[d] = power[d - 1] - kNode[k] * power[d];
      power[0] = difference[k] - kNode[k] * power[0];
    }
    for (int d = 0; d < kNodes; ++d) {
      table.coefficients[d][(32 - j) % 32] = static_cast<float>(power[d]);
    }
  }
  return table;
}

}  // namespace

constexpr GeluTable kGeluTanhTable = MakeTable(PhiTanh);
constexpr GeluTable kGeluErfTable = MakeTable(PhiErf);

}  // namespace podium
