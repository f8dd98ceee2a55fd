/**
 * Measures nets: time, distance to the machine's limit and peak memory, beside other engines on the same net with the same weights. Every
 * engine runs in a process of its own and takes its turn in every round, so that they share neither threads nor the machine's moods.
 */
package org.caffe4j.bench;
