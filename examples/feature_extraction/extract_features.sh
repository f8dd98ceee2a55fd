#!/usr/bin/env bash
# Writes a blob of CaffeNet for every image of a folder to a database: extract_features.sh IMAGES [BLOB]
#   IMAGES   folder, searched with all below it
#   BLOB     name of the blob, fc7 by default
#   WEIGHTS  in the environment: CaffeNet's weights (default: examples/models/caffenet/bvlc_reference_caffenet.caffemodel)
IMAGES=$(readlink -f "${1:-}") || IMAGES=
. "$(dirname "$(readlink -f "$0")")/../common.sh"

EXAMPLE=examples/feature_extraction
BLOB=${2:-fc7}
BATCH=10  # batch_size in imagenet_val.prototxt
WEIGHTS=${WEIGHTS:-examples/models/caffenet/bvlc_reference_caffenet.caffemodel}

[ -n "${1:-}" ] && [ -d "$IMAGES" ] || die "usage: extract_features.sh IMAGES [BLOB]" "IMAGES is a folder of images${1:+; $1 is none}"
need "get it with: curl -o $WEIGHTS http://dl.caffe.berkeleyvision.org/bvlc_reference_caffenet.caffemodel" "$WEIGHTS"
need "get it with: mkdir -p data/ilsvrc12 && curl http://dl.caffe.berkeleyvision.org/caffe_ilsvrc12.tar.gz | tar xz -C data/ilsvrc12" \
    data/ilsvrc12/imagenet_mean.binaryproto

# Every image gets the label 0, which nothing looks at.
find "$IMAGES" -type f \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' -o -iname '*.bmp' \) | sort | sed 's/$/ 0/' >$EXAMPLE/file_list.txt
images=$(wc -l <$EXAMPLE/file_list.txt)
[ "$images" -gt 0 ] || die "no images in $IMAGES"
rm -rf "$EXAMPLE/features_$BLOB"
"$CAFFE" extract_features "$WEIGHTS" $EXAMPLE/imagenet_val.prototxt "$BLOB" "$EXAMPLE/features_$BLOB" $(((images + BATCH - 1) / BATCH)) lmdb
echo "Done: $images images in $EXAMPLE/features_$BLOB, listed in $EXAMPLE/file_list.txt"
