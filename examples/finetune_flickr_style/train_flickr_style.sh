#!/usr/bin/env bash
# Fine-tunes CaffeNet on the images that AssembleData.java listed; further arguments go to caffe train.
#   WEIGHTS  what to start from (default: examples/models/caffenet/bvlc_reference_caffenet.caffemodel)
. "$(dirname "$(readlink -f "$0")")/../common.sh"

WEIGHTS=${WEIGHTS:-examples/models/caffenet/bvlc_reference_caffenet.caffemodel}
need "java examples/finetune_flickr_style/AssembleData.java IMAGES makes it" data/flickr_style/train.txt data/flickr_style/test.txt
need "get it with: curl -o $WEIGHTS http://dl.caffe.berkeleyvision.org/bvlc_reference_caffenet.caffemodel" "$WEIGHTS"
need "get it with: mkdir -p data/ilsvrc12 && curl http://dl.caffe.berkeleyvision.org/caffe_ilsvrc12.tar.gz | tar xz -C data/ilsvrc12" \
    data/ilsvrc12/imagenet_mean.binaryproto
exec "$CAFFE" train --solver=examples/finetune_flickr_style/solver.prototxt --weights="$WEIGHTS" "$@"
