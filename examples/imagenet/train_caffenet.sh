#!/usr/bin/env bash
# Trains CaffeNet on ImageNet; further arguments go to caffe train, --solver=examples/models/NET/solver.prototxt for another net.
. "$(dirname "$(readlink -f "$0")")/../common.sh"

need "examples/imagenet/create_imagenet.sh makes it" examples/imagenet/ilsvrc12_train_lmdb examples/imagenet/ilsvrc12_val_lmdb
need "examples/imagenet/make_imagenet_mean.sh makes it" data/ilsvrc12/imagenet_mean.binaryproto
exec "$CAFFE" train --solver=examples/models/caffenet/solver.prototxt "$@"
