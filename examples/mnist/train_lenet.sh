#!/usr/bin/env bash
# Trains LeNet on MNIST; further arguments go to caffe train.
. "$(dirname "$(readlink -f "$0")")/../common.sh"

need "examples/mnist/create_mnist.sh makes it" examples/mnist/mnist_train_lmdb examples/mnist/mnist_test_lmdb
exec "$CAFFE" train --solver=examples/mnist/lenet_solver.prototxt "$@"
