#pragma once
// The public face of the compute core: opaque handles and free functions, one call a layer operation. JavaCPP parses these headers.
//
// Every function may throw caffe4j::Error (see src/error.h); its text starts with "C4J:<KIND>:", from which the Java side picks the
// exception class. Handles come from a *_create function and go to the matching *_destroy, which accepts null. A handle may be used by
// one thread at a time; different handles of one context may not be used at the same time either.
#include <cstdint>

#if defined(_WIN32)
#define C4J_API __declspec(dllexport)
#else
#define C4J_API __attribute__((visibility("default")))
#endif
