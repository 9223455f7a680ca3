#!/bin/sh
# What `make package` runs: Debian packages in build/package/packages, from preset package. The
# same sources are the same bytes, in whatever folder they lie and whenever they are built.
#
# usage: package.sh
# SOURCE_DATE_EPOCH is the time of all files in them: that of the commit, unless it is set; of
# sources without git that of the changelog. LEAKCAGE_COMMIT names the commit of such sources.
set -eu
cd "$(dirname "$0")/.."

build=build/package
log=$build.log
mkdir -p build
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null) ||
        SOURCE_DATE_EPOCH=$(date +%s \
            -d "$(sed -n 's/^ -- .*>  //p' packaging/changelog | head -n 1)")
fi
export SOURCE_DATE_EPOCH
# The mode of a file is no question of who builds.
umask 022
rm -rf "$build/packages"
if ! { cmake --preset package -DLEAKCAGE_COMMIT="${LEAKCAGE_COMMIT:-}" &&
    cmake --build "$build" && (cd "$build" && cpack -G DEB); } >"$log" 2>&1; then
    cat "$log"
    exit 1
fi
rm -rf "$build/packages/_CPack_Packages"
ls -1 "$build"/packages/*.deb
