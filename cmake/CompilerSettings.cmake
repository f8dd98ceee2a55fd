# caffe4j_settings: how every C++ file of the core is compiled and linked.
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Threads REQUIRED)

add_library(caffe4j_settings INTERFACE)
target_compile_options(caffe4j_settings INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wshadow;-Wpointer-arith;-Wnon-virtual-dtor;-Werror;-fno-math-errno;-fno-trapping-math>")
# The oldest processor that is served has AVX2 and FMA (x86-64-v3, 2013 on); Natives.java checks before it loads the library.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(caffe4j_settings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=x86-64-v3>)
endif()
target_link_libraries(caffe4j_settings INTERFACE OpenMP::OpenMP_CXX Threads::Threads)
target_link_options(caffe4j_settings INTERFACE "LINKER:--no-undefined" "LINKER:-z,relro,-z,now")
if(C4J_SANITIZE)
  target_compile_options(caffe4j_settings INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(caffe4j_settings INTERFACE -fsanitize=address,undefined)
else()
  target_compile_definitions(caffe4j_settings INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
