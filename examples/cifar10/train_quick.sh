#!/usr/bin/env bash
# Trains Caffe's quick net on CIFAR-10; further arguments go to caffe train.
. "$(dirname "$(readlink -f "$0")")/../common.sh"

need "examples/cifar10/create_cifar10.sh makes it" examples/cifar10/{cifar10_train_lmdb,cifar10_test_lmdb,mean.binaryproto}
exec "$CAFFE" train --solver=examples/models/cifar10_quick/solver.prototxt "$@"
