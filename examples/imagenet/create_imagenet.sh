#!/usr/bin/env bash
# Makes the ImageNet databases in examples/imagenet. In the environment:
#   TRAIN_DATA_ROOT, VAL_DATA_ROOT  folders of the images, with a / at the end; the lists' paths begin there
#   DATA                            folder of train.txt and val.txt (default: data/ilsvrc12)
#   RESIZE                          size that images get, 256 by default; 0 keeps theirs
. "$(dirname "$(readlink -f "$0")")/../common.sh"

EXAMPLE=examples/imagenet
DATA=${DATA:-data/ilsvrc12}
TRAIN_DATA_ROOT=${TRAIN_DATA_ROOT:-/path/to/imagenet/train/}
VAL_DATA_ROOT=${VAL_DATA_ROOT:-/path/to/imagenet/val/}
RESIZE=${RESIZE:-256}

[ -d "$TRAIN_DATA_ROOT" ] || die "TRAIN_DATA_ROOT is no folder: $TRAIN_DATA_ROOT" "set it to the folder of the ImageNet training images"
[ -d "$VAL_DATA_ROOT" ] || die "VAL_DATA_ROOT is no folder: $VAL_DATA_ROOT" "set it to the folder of the ImageNet validation images"
need "get it with: mkdir -p data/ilsvrc12 && curl http://dl.caffe.berkeleyvision.org/caffe_ilsvrc12.tar.gz | tar xz -C data/ilsvrc12" \
    "$DATA/train.txt" "$DATA/val.txt"

echo "Creating train lmdb ..."
"$CAFFE" convert_imageset --resize_height="$RESIZE" --resize_width="$RESIZE" --shuffle \
    "$TRAIN_DATA_ROOT" "$DATA/train.txt" $EXAMPLE/ilsvrc12_train_lmdb

echo "Creating val lmdb ..."
"$CAFFE" convert_imageset --resize_height="$RESIZE" --resize_width="$RESIZE" --shuffle \
    "$VAL_DATA_ROOT" "$DATA/val.txt" $EXAMPLE/ilsvrc12_val_lmdb
echo "Done. Next: examples/imagenet/make_imagenet_mean.sh"
