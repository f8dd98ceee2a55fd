# Writes a CUDA file that instantiates every functor of src/kernels for a grid, so that nvcc compiles all of them in every build.
# A functor is a struct at the start of a line, not a template, with `C4J_KERNEL void operator()(int64_t`; names need not be listed anywhere.
# One with further arguments is told the element's channel as well.
function(write_kernel_instances output)
  file(GLOB headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/kernels/*.h")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${headers})
  set(includes "")
  set(instances "")
  foreach(header IN LISTS headers)
    get_filename_component(name "${header}" NAME)
    string(APPEND includes "#include \"kernels/${name}\"\n")
    file(READ "${header}" text)
    string(REGEX REPLACE "[][;]" " " text "${text}")  # these would break CMake's lists
    string(REGEX REPLACE "\n(template[^\n]*\n)struct" "\nstruct -template" text "${text}")
    string(REPLACE "\nstruct " ";" parts "${text}")
    foreach(part IN LISTS parts)
      if(part MATCHES "^([A-Za-z0-9_]+) [{]" AND part MATCHES "C4J_KERNEL void operator\\(\\)\\(int64_t")
        string(REGEX MATCH "^[A-Za-z0-9_]+" functor "${part}")
        if(part MATCHES "C4J_KERNEL void operator\\(\\)\\(int64_t[^,)]*,")
          string(APPEND instances "template void launch_channel_grid(cudaStream_t, int64_t, int64_t, int64_t, const ${functor}&);\n")
        else()
          string(APPEND instances "template void launch_grid(cudaStream_t, int64_t, const ${functor}&);\n")
        endif()
      endif()
    endforeach()
  endforeach()
  file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT
      "// Written by cmake/CudaKernels.cmake.\n#include \"cuda/launch.cuh\"\n${includes}\nnamespace caffe4j {\n${instances}}  // namespace caffe4j\n")
endfunction()
