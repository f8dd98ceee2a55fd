# caffe4j_gpu: the library with CUDA, from the same objects as the one without. Left out, in one line, where nvcc is not found.
# cudart is linked statically, cuBLAS, cuDNN and NCCL are opened at run time: the library needs no more of a machine than the other one.
option(C4J_CUDA_LINEINFO "keep source lines in device code, for profilers" OFF)

set(left_out "")
if(NOT C4J_CUDA)
  set(left_out "C4J_CUDA is OFF")
elseif(CMAKE_CROSSCOMPILING)
  set(left_out "it is not built when cross-compiling")
elseif(C4J_SANITIZE)
  set(left_out "it is not built with sanitizers")
else()
  find_program(C4J_NVCC nvcc HINTS ENV CUDACXX ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
  if(NOT C4J_NVCC)
    set(left_out "no nvcc on the PATH, in CUDA_PATH or /usr/local/cuda")
  else()
    set(CMAKE_CUDA_COMPILER "${C4J_NVCC}" CACHE FILEPATH "nvcc")
    include(CheckLanguage)
    check_language(CUDA)
    if(NOT CMAKE_CUDA_COMPILER)
      set(left_out "${C4J_NVCC} cannot compile (does it accept ${CMAKE_CXX_COMPILER} ${CMAKE_CXX_COMPILER_VERSION} as its host compiler?)")
    endif()
  endif()
endif()
if(left_out)
  if(C4J_CUDA STREQUAL "ON")
    message(FATAL_ERROR "the GPU library was asked for with C4J_CUDA=ON, but ${left_out}")
  endif()
  message(STATUS "GPU library left out: ${left_out}")
  file(REMOVE "${CMAKE_INSTALL_PREFIX}/gpu/libcaffe4j.so" "${CMAKE_CURRENT_BINARY_DIR}/gpu_architectures.sh")
  return()
endif()

# The architectures are those that this nvcc knows, from 7.5 on, the oldest one of CUDA 13. Code for X.Y runs on X.Z where Z >= Y, so the
# library has code for the oldest of each generation, and PTX of the newest of these for generations to come. ci/gpu-architectures compiles for
# the others.
execute_process(COMMAND "${C4J_NVCC}" --list-gpu-arch OUTPUT_VARIABLE known OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[0-9]+" known "${known}")
list(SORT known COMPARE NATURAL)
set(architectures "")
set(others "")
set(generation "")
foreach(architecture IN LISTS known)
  if(architecture LESS 75)
    continue()
  endif()
  math(EXPR its_generation "${architecture} / 10")
  if(its_generation STREQUAL generation)
    list(APPEND others ${architecture})
  else()
    list(APPEND architectures ${architecture})
    set(generation "${its_generation}")
  endif()
endforeach()
list(GET architectures 0 oldest)
list(GET architectures -1 newest)
list(TRANSFORM architectures APPEND "-real")
list(APPEND architectures "${newest}-virtual")
set(CMAKE_CUDA_ARCHITECTURES "${architectures}")
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_HOST_COMPILER "${CMAKE_CXX_COMPILER}")
enable_language(CUDA)
message(STATUS "GPU library: nvcc ${CMAKE_CUDA_COMPILER_VERSION}, architectures ${architectures}")

write_kernel_table("${CMAKE_CURRENT_BINARY_DIR}/kernels.cu")
file(GLOB C4J_CUDA_SOURCES CONFIGURE_DEPENDS src/cuda/*.cu src/cuda/*.cpp)
caffe4j_library(caffe4j_gpu ${C4J_CUDA_SOURCES} "${CMAKE_CURRENT_BINARY_DIR}/kernels.cu")
target_include_directories(caffe4j_gpu SYSTEM PRIVATE ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
target_compile_definitions(caffe4j_gpu PRIVATE C4J_CUDA_OLDEST=${oldest})
# Warnings are errors. With the nvcc that the kernels are checked with, those of the assembler are too: a kernel that spills registers on one
# architecture does not build. Another release may allocate registers otherwise, which should not end a user's build.
set(ptxas_options -warn-spills)
if(CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 13.0 AND CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 13.1)
  string(APPEND ptxas_options ",-Werror")
endif()
set(cuda_options --Werror all-warnings -Xcompiler=-Wall,-Wextra,-Werror -Xptxas=${ptxas_options})
target_compile_options(caffe4j_gpu PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:${cuda_options};-Xfatbin=-compress-all>"
    $<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<BOOL:${C4J_CUDA_LINEINFO}>>:-lineinfo>)
target_link_libraries(caffe4j_gpu PRIVATE ${CMAKE_DL_LIBS})
target_link_options(caffe4j_gpu PRIVATE "LINKER:--exclude-libs,ALL")
set_target_properties(caffe4j_gpu PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/gpu" CUDA_RUNTIME_LIBRARY Static CUDA_VISIBILITY_PRESET hidden)
install(TARGETS caffe4j_gpu LIBRARY DESTINATION gpu)

# For ci/gpu-architectures.
list(FILTER C4J_CUDA_SOURCES INCLUDE REGEX "\\.cu$")
list(JOIN cuda_options " " cuda_options)
file(CONFIGURE OUTPUT gpu_architectures.sh @ONLY CONTENT
"nvcc='@C4J_NVCC@'
library='@architectures@'
others='@others@'
sources='@C4J_CUDA_SOURCES@;@CMAKE_CURRENT_BINARY_DIR@/kernels.cu'
options='-std=c++17 -O3 -DNDEBUG @cuda_options@ -DC4J_CUDA_OLDEST=@oldest@ -I@PROJECT_SOURCE_DIR@/include -I@PROJECT_SOURCE_DIR@/src -isystem=@C4J_DNNL@/include'
")
