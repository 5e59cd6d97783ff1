#!/bin/sh
# tests/fuzz/run.sh SECONDS [TARGET...]   runs the fuzz targets, or some, for so long each, from the golden bytes on and
# from what earlier runs have found. Fails at the first finding, and says where its input is.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:?usage: tests/fuzz/run.sh SECONDS [TARGET...]}
shift
build=build/fuzz
data=${OURO_TEST_DATA:-../shared/data}
rm -rf $build/seeds
if [ -d "$data" ]; then
    tests/fuzz/corpus.py "$data" $build/seeds
else
    echo "fuzz: $data is absent: the targets begin with nothing"
fi
[ $# != 0 ] || set -- scanner demultiplexer messages names results initiator responder headers blocks immutable_db
for target in "$@"; do
    program=$build/tests/fuzz/fuzz_$target
    mkdir -p $build/corpus/"$target" $build/seeds/"$target" $build/findings
    case $target in
        names | scanner | messages | demultiplexer) longest=4096 ;;
        *) longest=16384 ;;
    esac
    $program -max_total_time="$seconds" -max_len=$longest -timeout=20 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix=$build/findings/"$target"- $build/corpus/"$target" $build/seeds/"$target" \
        > $build/findings/"$target".log 2>&1 || {
        cat $build/findings/"$target".log
        exit 1
    }
    echo "fuzz: $target: $(awk '/number_of_executed_units/ { print $2 }' $build/findings/"$target".log) executions"
done
