#!/bin/sh
# Builds the images of runners on the engine that `docker` reaches, without any registry of ours:
#
#   deploy/runner/build.sh                                  for runners that name no image
#   deploy/runner/build.sh ghcr.io/me/switchyard-runner:1   under another name, to push it
#
# BASE=IMAGE builds on another Debian with Node than node:24-trixie-slim.
set -eu
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
image=${1:-localhost/switchyard-runner:$version}

build() {
  docker build --file deploy/runner/Dockerfile --target "$1" --tag "$2" ${BASE:+--build-arg "BASE=$BASE"} .
}

build runner "$image"
build runner-dind "$image-dind"
