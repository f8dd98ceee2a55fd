/**
 * Layers that bring data into a net: Input, DummyData, Data, MemoryData, HDF5Data, ImageData, WindowData; and HDF5Output, which
 * writes it out. None of them has a backward computation.
 */
package org.caffe4j.layer.data;
