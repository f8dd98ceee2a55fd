#!/usr/bin/env bash
# Makes the databases of CIFAR-10 and their mean image in examples/cifar10, from the binary files in data/cifar10.
. "$(dirname "$(readlink -f "$0")")/../common.sh"

DATA=data/cifar10
EXAMPLE=examples/cifar10
DBTYPE=lmdb

archive=https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz
need "get it with: mkdir -p $DATA && curl $archive | tar xz --strip-components=1 -C $DATA" $DATA/data_batch_{1,2,3,4,5}.bin $DATA/test_batch.bin

echo "Creating $DBTYPE ..."
rm -rf $EXAMPLE/cifar10_train_$DBTYPE $EXAMPLE/cifar10_test_$DBTYPE
"$CAFFE" convert_cifar_data $DATA $EXAMPLE $DBTYPE

echo "Computing image mean ..."
"$CAFFE" compute_image_mean -backend=$DBTYPE $EXAMPLE/cifar10_train_$DBTYPE $EXAMPLE/mean.binaryproto
echo "Done. Next: examples/cifar10/train_quick.sh"
