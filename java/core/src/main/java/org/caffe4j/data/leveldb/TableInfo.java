package org.caffe4j.data.leveldb;

/**
 * What the manifest says of a table.
 *
 * @param smallest its first internal key
 * @param largest its last internal key
 */
record TableInfo(long number, long size, byte[] smallest, byte[] largest) {
}
