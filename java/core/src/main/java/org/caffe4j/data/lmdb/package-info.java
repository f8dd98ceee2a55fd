/**
 * LMDB as Caffe writes and reads it: folders with one file, {@code data.mdb}, a copy-on-write B+ tree. Written with LMDB itself; read in
 * Java from the layout of its file (lmdb.h, mdb.c of LMDB 0.9), because LMDB trusts its files: a damaged page ends the process there.
 */
package org.caffe4j.data.lmdb;
