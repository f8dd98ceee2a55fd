#include "caffe4j/device.h"

#include <cstdlib>
#include <string>

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(Device, TheLibraryIsTheOneAskedFor) {
  const char* expected = std::getenv("C4J_EXPECTED_VARIANT");
  EXPECT_EQ(std::string(build_variant()), expected != nullptr ? expected : "cpu");
}

TEST(Device, SaysWhyThereIsNone) {
  EXPECT_EQ(device_count() == 0, std::string(device_unavailability()) != "") << device_unavailability();
  std::cout << device_count() << " CUDA devices; " << device_unavailability() << "; " << device_libraries() << "\n";
}

TEST(Device, PropertiesOfThoseThatAreThereAndOfNoOther) {
  for (int device = 0; device < device_count(); ++device) {
    EXPECT_NE(std::string(device_properties(device)).find("\nName:    "), std::string::npos);
  }
  EXPECT_THROW(device_properties(device_count()), std::exception);
  EXPECT_THROW(device_properties(-1), std::exception);
}

TEST(Device, SpeaksOfItsLibraries) {
  const std::string text = device_libraries();
  EXPECT_NE(text.find("cuBLAS"), std::string::npos) << text;
  EXPECT_NE(text.find("cuDNN"), std::string::npos) << text;
  EXPECT_NE(text.find("NCCL"), std::string::npos) << text;
}

}  // namespace
}  // namespace caffe4j
