#!/usr/bin/env bash
# Goes on training CaffeNet from its last snapshot; further arguments go to caffe train.
. "$(dirname "$(readlink -f "$0")")/../common.sh"

snapshot=$(last_snapshot examples/models/caffenet/caffenet)
exec "$CAFFE" train --solver=examples/models/caffenet/solver.prototxt --snapshot="$snapshot" "$@"
