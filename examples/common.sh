# shellcheck shell=bash
# For the scripts of the examples, which read it first. Stops at errors, goes to the folder that holds examples/, where the paths in the
# prototxt files begin, and defines
#   $CAFFE                the command; CAFFE=/elsewhere/bin/caffe takes one that is installed
#   die LINE...           says what is wrong, status 1
#   need HINT FILE...     dies with the hint unless all the files are there
#   last_snapshot PREFIX  the newest solver state of PREFIX_iter_N
set -euo pipefail

die() { printf '%s: %s\n' "${0##*/}" "$1" >&2; shift; [ $# = 0 ] || printf '  %s\n' "$@" >&2; exit 1; }

need() {
    local hint=$1 file
    shift
    for file; do
        [ -e "$file" ] || die "there is no $PWD/$file" "$hint"
    done
}

last_snapshot() {
    local state
    # Sorted by iteration: the number is the last thing in the name.
    state=$(find "$(dirname "$1")" -maxdepth 1 -name "${1##*/}_iter_*.solverstate" | sort -V | tail -n 1)
    [ -n "$state" ] || die "there is no snapshot $PWD/$1_iter_*.solverstate yet" "train first"
    printf '%s\n' "$state"
}

case ${CAFFE:-} in /* | "") ;; */*) CAFFE=$PWD/$CAFFE ;; esac
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
CAFFE=${CAFFE:-$PWD/caffe}
command -v "$CAFFE" >/dev/null || die "there is no command $CAFFE"
