#!/bin/sh
# First program of a runner's container. The fleet has put the runner's JIT config into /runner/.jitconfig before it started
# the container: it is opened and removed before anything else runs, so no step ever sees it.
set -eu

config=/runner/.jitconfig

say() {
  printf '%s\n' "$*" >&2
}

# dockerdWithinRunnerContainer: an engine of the runner's own, in this very container.
start_dockerd() {
  command -v dockerd > /dev/null || {
    say 'This image has no dockerd. dockerdWithinRunnerContainer needs one whose name ends in -dind.'
    exit 1
  }
  as_root sh -c 'exec dockerd --group=docker "$@" > /var/log/dockerd.log 2>&1' dockerd \
    ${MTU:+"--mtu=$MTU"} ${DOCKER_REGISTRY_MIRROR:+"--registry-mirror=$DOCKER_REGISTRY_MIRROR"} 3<&- &
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# A runner that takes jobs before its engine answers fails those with containers.
wait_for_docker() {
  left=${WAIT_FOR_DOCKER_SECONDS:-120}
  until problem=$(docker version 2>&1 > /dev/null); do
    if [ "$left" -le 0 ]; then
      say "The Docker engine of this runner did not answer in ${WAIT_FOR_DOCKER_SECONDS:-120} s: $problem"
      exit 1
    fi
    left=$((left - 1))
    sleep 1
  done
}

if [ $# -gt 0 ]; then
  exec switchyard runner "$@"
fi
if [ ! -r "$config" ]; then
  say "There is no $config. A fleet with the docker backend puts it there; by hand, give options of switchyard runner."
  exit 2
fi
exec 3< "$config"
rm -f "$config"
if [ "${DOCKERD_IN_RUNNER:-false}" = true ]; then start_dockerd; fi
if [ "${DOCKER_ENABLED:-false}" = true ] && [ -z "${DISABLE_WAIT_FOR_DOCKER:-}" ]; then wait_for_docker; fi
exec switchyard runner --jitconfig - --root /runner <&3 3<&-
