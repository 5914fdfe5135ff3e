/** Runners that are in containers themselves, of the built program and this machine's Node. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package.ts';
import type { TestDocker } from '../support/docker.ts';
import { findProgram } from '../support/find-program.ts';

/** Where every one of them has its work folder, unless a test wants otherwise. */
export const WORK_INSIDE = '/runner/_work';

export interface ContainedRunnerOptions {
  /** Without one it registers itself, and takes one job after the other. */
  jitConfig?: string;
  registration?: { url: string; token: string; name: string; labels: string[] };
  /** What else it mounts, as `docker run -v` takes it; `WORK` stands for a folder of this machine, which is its own. */
  volumes: string[];
  env?: Record<string, string>;
  /** Its root folder inside; may be `WORK` too. */
  root?: string;
}

export class ContainedRunner {
  readonly id: string;
  /** Its own folder of this machine. */
  readonly folder: string;
  readonly #docker: TestDocker;

  constructor(docker: TestDocker, options: ContainedRunnerOptions) {
    const { jitConfig = '', registration, volumes, env = {}, root = '/runner' } = options;
    this.#docker = docker;
    this.folder = mkdtempSync(join(tmpdir(), 'switchyard-contained-'));
    const own = (text: string): string => text.replaceAll('WORK', this.folder);
    const variables = { PATH: '/usr/bin:/bin', ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig, ...env };
    const mounts = [
      `${process.execPath}:/usr/bin/node:ro`,
      `${findProgram('docker')}:/usr/bin/docker:ro`,
      `${packageRoot}:/package:ro`,
      ...volumes.map(own),
    ];
    const runner = `/usr/bin/node /package/bin/switchyard.mjs runner`;
    const register = registration ? `${runner} config --root ${root} ${registrationOptions(registration)} && ` : '';
    this.id = docker.docker(
      'run',
      '--detach',
      // The server listens on this machine only.
      '--network=host',
      ...mounts.flatMap((mount) => ['-v', mount]),
      ...Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      docker.image,
      ...['sh', '-c', `${register}exec ${runner} ${registration ? 'run ' : ''}--root ${own(root)}`],
    );
  }

  /** What it printed so far. */
  output(): string {
    return this.#docker.docker('logs', this.id);
  }

  kill(): void {
    this.#docker.docker('kill', this.id);
  }

  close(): void {
    this.#docker.docker('rm', '--force', '--volumes', this.id);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function registrationOptions({
  url,
  token,
  name,
  labels,
}: NonNullable<ContainedRunnerOptions['registration']>): string {
  return `--url ${url} --token ${token} --name ${name} --labels ${labels.join(',')}`;
}
