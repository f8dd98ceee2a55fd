# caffe4j_presets: OpenBLAS and oneDNN out of the JavaCPP preset jars that were unpacked into C4J_DEPS.
set(C4J_OPENBLAS "${C4J_DEPS}/org/bytedeco/openblas/${C4J_PLATFORM}")
set(C4J_DNNL "${C4J_DEPS}/org/bytedeco/dnnl/${C4J_PLATFORM}")
foreach(file "${C4J_OPENBLAS}/libopenblas.so.0" "${C4J_DNNL}/libdnnl.so.3")
  if(NOT EXISTS "${file}")
    message(FATAL_ERROR "${file} not found: build through Maven, or set C4J_DEPS to the unpacked preset jars of ${C4J_PLATFORM}")
  endif()
endforeach()

add_library(openblas SHARED IMPORTED)
set_target_properties(openblas PROPERTIES
    IMPORTED_LOCATION "${C4J_OPENBLAS}/libopenblas.so.0" INTERFACE_INCLUDE_DIRECTORIES "${C4J_OPENBLAS}/include")
add_library(dnnl SHARED IMPORTED)
set_target_properties(dnnl PROPERTIES
    IMPORTED_LOCATION "${C4J_DNNL}/libdnnl.so.3" INTERFACE_INCLUDE_DIRECTORIES "${C4J_DNNL}/include")

set(C4J_PRESET_DIRS "${C4J_OPENBLAS};${C4J_DNNL}")
add_library(caffe4j_presets INTERFACE)
target_link_libraries(caffe4j_presets INTERFACE openblas dnnl)
target_link_options(caffe4j_presets INTERFACE "LINKER:-rpath-link,${C4J_OPENBLAS}:${C4J_DNNL}")
if(C4J_PLATFORM MATCHES "arm64$")
  # openblas_config.h wants _Float16, which g++ 12 does not have in C++ for aarch64.
  target_compile_definitions(caffe4j_presets INTERFACE _Float16=__fp16)
endif()
