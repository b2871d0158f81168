// Labelled inputs in the formats in which they are published. A file that is broken is named and
// counted, and leaves the others usable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace podium::models {

enum class ElementType : std::uint8_t { kS8, kU8, kF32 };

struct Dataset {
  ElementType type = ElementType::kU8;
  std::size_t input_size = 0;  // elements of each
  std::vector<std::byte> data = {};
  std::vector<std::size_t> labels = {};
  std::vector<std::string> names = {};  // of each input: its file, or file and number
  // Where inputs are windows of longer recordings: of each input the number of its recording, ascending;
  // otherwise empty.
  std::vector<std::size_t> recordings = {};
  std::vector<std::string> broken =
      {};  // "file: what is wrong" for each input that had to be left out

  std::size_t size() const { return labels.size(); }
  std::span<const std::byte> input(std::size_t i) const {
    const std::size_t bytes = data.size() / labels.size();
    return std::span(data).subspan(i * bytes, bytes);
  }
};

// Lines "file,classes,label" of a y_labels.csv as MLPerf Tiny's runner has it; each file, next to it,
// holds one input of `input_size` elements. With "file,classes,label,width,stride" the file is a recording,
// whose windows of `width` bytes, one every `stride` bytes, are the inputs. (mlcommons/tiny,
// benchmark/evaluation/datasets/README.md.)
absl::StatusOr<Dataset> ReadLabelledFiles(const std::string& csv, std::size_t input_size,
                                          ElementType type);

// MNIST's IDX: unsigned bytes with a header of big-endian sizes. (yann.lecun.com/exdb/mnist)
absl::StatusOr<Dataset> ReadIdx(const std::string& images, const std::string& labels);

// CIFAR-10's binary version: records of a label and 3 planes of 32 x 32; here as 32 x 32 x 3.
// (cs.toronto.edu/~kriz/cifar.html)
absl::StatusOr<Dataset> ReadCifar10(const std::string& path);

// NumPy's .npy: inputs of |u1, |i1 or <f4, the first dimension counting them; labels of |u1, <i4 or <i8, of
// one dimension. (numpy.org/doc/stable/reference/generated/numpy.lib.format.html)
absl::StatusOr<Dataset> ReadNpy(const std::string& inputs, const std::string& labels);

}  // namespace podium::models
