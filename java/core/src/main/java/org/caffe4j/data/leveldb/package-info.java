/**
 * LevelDB as Caffe writes and reads it: folders of sorted tables, logs and a manifest. Written from LevelDB's description of its file
 * formats (leveldb/doc/table_format.md, log_format.md, impl.md). Reading changes nothing in the folder.
 */
package org.caffe4j.data.leveldb;
