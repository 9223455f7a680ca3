#!/bin/sh
# Starts the real server and stays in front of it, as entry points do. usage: wrapper.sh PROGRAM...
echo "wrapper: starting $1"
"$@"
echo "wrapper: $1 ended with status $?"
