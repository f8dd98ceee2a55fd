#!/usr/bin/env bash
# Trains the siamese net on pairs of digits; further arguments go to caffe train.
. "$(dirname "$(readlink -f "$0")")/../common.sh"

need "examples/siamese/create_mnist_siamese.sh makes it" examples/siamese/mnist_siamese_{train,test}_leveldb
exec "$CAFFE" train --solver=examples/siamese/mnist_siamese_solver.prototxt "$@"
