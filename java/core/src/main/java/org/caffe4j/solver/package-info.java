/**
 * Training. {@link org.caffe4j.solver.SolverFactory} makes a {@link org.caffe4j.solver.Solver} of a solver prototxt, which trains and tests
 * nets, writes snapshots and goes on from them; {@link org.caffe4j.solver.SolverListener} watches it, and
 * {@link org.caffe4j.solver.ParallelTraining} runs several on shares of the data.
 */
package org.caffe4j.solver;
