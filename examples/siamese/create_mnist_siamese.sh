#!/usr/bin/env bash
# Makes databases of pairs of digits in examples/siamese from the files of MNIST in data/mnist.
. "$(dirname "$(readlink -f "$0")")/../common.sh"

EXAMPLE=examples/siamese
DATA=data/mnist

need "examples/mnist/create_mnist.sh fetches it" $DATA/{train,t10k}-images-idx3-ubyte $DATA/{train,t10k}-labels-idx1-ubyte
for set in train t10k; do
    database=$EXAMPLE/mnist_siamese_${set/t10k/test}_leveldb
    echo "Creating $database ..."
    rm -rf "$database"
    "$CAFFE" convert_mnist_siamese_data $DATA/$set-images-idx3-ubyte $DATA/$set-labels-idx1-ubyte "$database"
done
echo "Done. Next: examples/siamese/train_mnist_siamese.sh"
