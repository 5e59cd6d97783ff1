#!/usr/bin/env bash
# tests/interop/build.sh [--fast]   builds the peers in release mode, those whose toolchain is there, into build/interop;
# --fast builds only those in Rust and Go, and installs cardano-c, which comes built in a package for Python. What has been
# built before is not built again.
set -euo pipefail
cd "$(dirname "$0")"

fast=false
[ "${1:-}" != --fast ] || fast=true
top=$(cd ../.. && pwd)/build/interop
bin=$top/bin
mkdir -p "$bin"

# toolchain NAME COMMAND: whether it is there; says so where it is not.
toolchain() {
    command -v "$2" > /dev/null && { echo "== building the peers in $1"; return; }
    echo "== skipping the peers in $1, for there is no $2"
    return 1
}

# fetched NAME COMMAND...: whether the packages come; says so where they do not.
fetched() {
    local name=$1
    shift
    "$@" || { echo "== skipping the peers in $name, for their packages cannot be fetched"; return 1; }
}

if toolchain Rust cargo && fetched Rust cargo fetch --quiet --manifest-path pallas/Cargo.toml; then
    cargo build --quiet --release --manifest-path pallas/Cargo.toml --target-dir "$top/rust"
    ln -sf "$top"/rust/release/pallas-network "$top"/rust/release/pallas-network2 "$top"/rust/release/pallas-traverse "$bin"
fi
if toolchain Go go && fetched Go go -C gouroboros mod download && fetched Go go -C gouroboros_blocks mod download; then
    (cd gouroboros && go build -buildvcs=false -trimpath -o "$bin/gouroboros" .)
    (cd gouroboros_blocks && go build -buildvcs=false -trimpath -o "$bin/gouroboros-blocks" .)
    # The blocks of its own tests.
    module=$(cd gouroboros_blocks && go list -m -f '{{.Dir}}' github.com/blinklabs-io/gouroboros)
    mkdir -p "$top/blocks"
    cp -f "$module"/internal/testdata/*_block.hex "$module"/ledger/dijkstra/testdata/*_block.hex "$top/blocks"
fi

# launcher NAME COMMAND...: a program that hands its arguments on.
launcher() {
    local name=$1
    shift
    printf '#!/bin/sh\nexec' > "$bin/$name"
    printf ' "%s"' "$@" >> "$bin/$name"
    printf ' "$@"\n' >> "$bin/$name"
    chmod +x "$bin/$name"
}

venv=$top/cardano-c
if toolchain Python python3 && { [ -x "$venv/bin/pip" ] || fetched Python python3 -m venv "$venv"; } &&
    fetched Python "$venv/bin/pip" install -q --disable-pip-version-check biglup-cometa==1.2.1; then
    launcher cardano-c "$venv/bin/python" "$PWD/cardano_c/decode.py"
    ln -sf "$venv"/lib/python3*/site-packages/cometa/_native/linux-"$(uname -m)"/libcardano-c.so "$bin"
fi
$fast && exit

if toolchain Java mvn; then
    mvn --quiet --batch-mode --file yaci/pom.xml "-Doutput=$top/yaci" \
        package dependency:copy-dependencies "-DoutputDirectory=$top/yaci/lib"
    launcher yaci java -XX:TieredStopAtLevel=1 -cp "$top/yaci/classes:$top/yaci/lib/*" Peer
fi
if toolchain JavaScript npm; then
    name=ouroboros-miniprotocols-ts
    mkdir -p "$top/$name"
    cp $name/package.json $name/peer.js "$top/$name"
    (cd "$top/$name" && npm install --silent --ignore-scripts --no-package-lock)
    launcher $name node "$top/$name/peer.js"
fi
