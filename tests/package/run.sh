#!/bin/sh
# What `make package-test` runs: packages are made, are lintian clean, and the same bytes when the
# sources lie elsewhere; and in a clean system they are installed, used by somebody who is not root,
# and removed.
#
# usage: run.sh
set -eu
cd "$(dirname "$0")/../.."

packages=build/package/packages
here=tests/package
tools/package.sh
echo "-- lintian"
lintian --allow-root --fail-on error,warning,info --tag-display-limit 0 "$packages"/*.deb
echo "-- the same bytes from another folder"
"$here/same_bytes.sh" "$packages"
echo "-- a clean system"
status=0
/usr/bin/python3 "$here/test_clean_root.py" "$packages" build/package-root || status=$?
# 77: it cannot be done here, and has said why.
[ "$status" != 77 ] || status=0
exit "$status"
