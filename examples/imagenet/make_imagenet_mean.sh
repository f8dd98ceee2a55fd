#!/usr/bin/env bash
# Computes the mean image of the ImageNet training database.
. "$(dirname "$(readlink -f "$0")")/../common.sh"

need "examples/imagenet/create_imagenet.sh makes it" examples/imagenet/ilsvrc12_train_lmdb
mkdir -p data/ilsvrc12
"$CAFFE" compute_image_mean examples/imagenet/ilsvrc12_train_lmdb data/ilsvrc12/imagenet_mean.binaryproto
echo "Done. Next: examples/imagenet/train_caffenet.sh"
