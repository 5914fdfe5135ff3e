/** Images for runners of the Docker backend, made of this machine's own programs, since nothing may be pulled. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { builtProgram, packageRoot } from '../../src/common/package.ts';
import type { TestDocker } from '../support/docker.ts';
import { findProgram } from '../support/find-program.ts';

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

const FOLDER = '/opt/switchyard';
const PROGRAMS = ['runner.cjs', 'worker.cjs'];

/** What deploy/runner/Dockerfile makes, of this machine's Node and Docker client: the same programs in the same places. */
export function runnerImage(docker: TestDocker): string {
  const files = new Map([
    ['/usr/bin/node', process.execPath],
    [`${FOLDER}/package.json`, join(packageRoot, 'package.json')],
    [`${FOLDER}/bin/switchyard.mjs`, join(packageRoot, 'bin/switchyard.mjs')],
    ...PROGRAMS.map((name) => [`${FOLDER}/dist/${name}`, builtProgram(name)] as const),
    ['/usr/local/bin/switchyard-runner', join(packageRoot, 'deploy/runner/entrypoint.sh')],
    ['/usr/bin/docker', findProgram('docker') ?? ''],
  ]);
  const scratch = mkdtempSync(join(tmpdir(), 'switchyard-runner-image-'));
  const program = join(scratch, 'switchyard');
  writeFileSync(program, `#!/bin/sh\nexec /usr/bin/node ${FOLDER}/bin/switchyard.mjs "$@"\n`, { mode: 0o755 });
  files.set('/usr/local/bin/switchyard', program);
  const made = commit(docker, 'runner', [entrypointOfImage(), 'USER 1000', 'ENV HOME=/tmp'], (container) => {
    for (const [inside, outside] of files) copyInto(docker, container, outside, inside, scratch);
  });
  rmSync(scratch, { recursive: true });
  return made;
}

const DOCKERD = ['dockerd', 'containerd', 'containerd-shim-runc-v2', 'runc'];

/** An engine in an image, of this machine's programs; undefined where they are not all there. */
export function dockerdImage(docker: TestDocker): string | undefined {
  const programs = DOCKERD.map((name) => findProgram(name)).filter((path) => path !== undefined);
  if (programs.length < DOCKERD.length) return undefined;
  const libraries = [
    ...execFileSync('ldd', programs)
      .toString()
      .matchAll(/(?:=> )?(\/\S+) \(0x/g),
  ];
  const files = [...new Set([...programs, ...libraries.map(([, file = '']) => file)])];
  const scratch = mkdtempSync(join(tmpdir(), 'switchyard-dockerd-image-'));
  const made = commit(docker, 'dockerd', ['ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], (container) => {
    for (const file of files)
      copyInto(docker, container, file, file.replace(/^\/(bin|sbin|lib)\//, '/usr/$1/'), scratch);
  });
  rmSync(scratch, { recursive: true });
  return made;
}

/** That of the real image, without tini, which this machine may not have. */
function entrypointOfImage(): string {
  const text = readFileSync(join(packageRoot, 'deploy/runner/Dockerfile'), 'utf8');
  const [, words = '[]'] = /^ENTRYPOINT (.*)$/m.exec(text) ?? [];
  const [tini, dashes, ...rest] = JSON.parse(words) as string[];
  if (tini !== '/usr/bin/tini' || dashes !== '--') throw new Error(`another entry point: ${words}`);
  return `ENTRYPOINT ${JSON.stringify(rest)}`;
}

function copyInto({ docker }: TestDocker, container: string, outside: string, inside: string, scratch: string): void {
  const folder = join(scratch, 'root', dirname(inside));
  mkdirSync(folder, { recursive: true });
  execFileSync('cp', ['-L', outside, join(scratch, 'root', inside)]);
  docker('cp', `${join(scratch, 'root')}/.`, `${container}:/`);
  rmSync(join(scratch, 'root'), { recursive: true });
}

/** Makes an image of another one, without any build. */
function commit(
  { docker, image }: TestDocker,
  name: string,
  changes: string[],
  fill: (container: string) => void = () => undefined,
): string {
  const made = `localhost/switchyard-test-${name}:${randomUUID().slice(0, 8)}`;
  const container = docker('create', image, 'none');
  fill(container);
  docker('commit', ...changes.flatMap((change) => ['--change', change]), container, made);
  docker('rm', container);
  return made;
}
