# Sourced by the scripts that set a machine up. need_packages NAME... installs those Debian packages that are missing;
# where nothing is missing it touches nothing, needs no network and no rights.

ouro_packages="g++ cmake ninja-build libasio-dev libc-ares-dev libfmt-dev libnats-dev libsodium-dev libsqlite3-dev catch2
    libcli11-dev nats-server nlohmann-json3-dev prometheus-cpp-dev libspdlog-dev"

need_packages() {
    command -v dpkg-query > /dev/null || {
        echo "This is no Debian; what these packages bring must be here already: $*"
        return 0
    }
    missing=
    for package in "$@"; do
        case $(dpkg-query -W -f='${Status}' "$package" 2> /dev/null) in
            *" installed") ;;
            *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    echo "== installing$missing"
    root=
    [ "$(id -u)" = 0 ] || root="sudo -n"
    { $root apt-get -qq update && $root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -y --no-install-recommends -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install $missing; } || {
        echo "Could not install them. As root: apt-get update && apt-get install$missing" >&2
        return 1
    }
}

# What has been compiled once stays compiled, where ccache is installed.
if command -v ccache > /dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi
