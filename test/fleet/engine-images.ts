/** Images for runners of the Docker backend, made of this machine's own programs, since nothing may be pulled. */
import { randomUUID } from 'node:crypto';
import type { TestDocker } from '../support/docker.ts';

/** Takes its JIT config as our image does, tells its length, and ends well on SIGTERM. */
const STAND_IN = `
config=$(cat /runner/.jitconfig) && rm /runner/.jitconfig && echo "took a config of \${#config} characters"
trap 'echo "asked to end"; exit 0' TERM
[ "$IGNORE_SIGTERM" = yes ] && trap '' TERM
[ "$EAT_MEMORY" != yes ] || eaten=$(head -c 200000000 /dev/zero | tr '\\0' x)
[ -z "$FAIL_WITH" ] || { echo "cannot start: $FAIL_WITH"; exit 3; }
while :; do sleep 0.05; done
`;

/** An image whose program stands in for a runner, and for a dockerd. */
export const standInImage = (docker: TestDocker): string =>
  commit(docker, 'stand-in', [`ENTRYPOINT ${JSON.stringify(['sh', '-c', STAND_IN, 'runner'])}`]);

/** Makes an image of another one, without any build. */
function commit({ docker, image }: TestDocker, name: string, changes: string[]): string {
  const made = `localhost/switchyard-test-${name}:${randomUUID().slice(0, 8)}`;
  const container = docker('create', image, 'none');
  docker('commit', ...changes.flatMap((change) => ['--change', change]), container, made);
  docker('rm', container);
  return made;
}
