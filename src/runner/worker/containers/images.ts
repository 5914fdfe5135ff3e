/** Images of job containers, services and Docker actions: pulled or built. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { retry } from '../../../common/back-off.ts';
import { isRegistrysNo } from '../../../common/docker.ts';
import { errorText, UserError } from '../../../common/errors.ts';
import type { StepOutput } from '../step-output.ts';
import type { ContainerSpec } from './container-spec.ts';
import { DockerFailed } from './docker.ts';
import type { JobDocker } from './job-docker.ts';
import { LABELS } from './labels.ts';

/** SEM-14.3 */
const PULLS = { attempts: 3, firstMs: 2_000, maxMs: 10_000 };

/**
 * Pulls an image. When its registry cannot be reached, the one that the engine has is used, with a warning.
 * @throws DockerFailed, UserError `no-image`
 */
export async function pullImage(
  { docker, pulled }: JobDocker,
  { image, credentials }: Pick<ContainerSpec, 'image' | 'credentials'>,
  folder: string,
  output: StepOutput,
  signal: AbortSignal,
): Promise<void> {
  if (pulled.has(image)) return;
  const isHere = (await docker.inspect('image', image)) !== undefined;
  const config = credentials && mkdtempSync(join(folder, 'docker-config-'));
  const options = config ? ['--config', config] : [];
  const attempts = isHere ? 1 : PULLS.attempts;
  try {
    await retry(
      async () => {
        if (credentials) await logIn(docker, image, credentials, options, signal);
        output.command(`docker pull ${image}`);
        await docker.run([...options, 'pull', image], { signal, onLines: (lines) => output.print(...lines) });
      },
      { ...PULLS, attempts, signal, isRetryable: (error) => error instanceof DockerFailed && !isAnswer(error) },
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DockerFailed)) throw error;
    if (!isHere || isAnswer(error))
      throw new UserError('no-image', `The image ${image} cannot be pulled: ${error.message}`);
    output.warning(
      `The registry of ${image} cannot be reached; the image that this machine has is used. ${errorText(error)}`,
    );
  } finally {
    pulled.add(image);
    if (config) rmSync(config, { recursive: true, force: true });
  }
}

const isAnswer = (error: DockerFailed): boolean => isRegistrysNo(error.message);

async function logIn(
  docker: JobDocker['docker'],
  image: string,
  { username, password }: { username: string; password: string },
  options: string[],
  signal: AbortSignal,
): Promise<void> {
  const registry = registryOf(image);
  const server = registry === undefined ? [] : [registry];
  await docker.run([...options, 'login', ...server, '--username', username, '--password-stdin'], {
    input: password,
    signal,
  });
}

/** Undefined for Docker Hub. */
export function registryOf(image: string): string | undefined {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : undefined;
}

/** @param tag from `actionImageName`, by which `removeJob` finds it. @throws DockerFailed */
export async function buildImage(
  { docker, placement }: JobDocker,
  { dockerfile, folder }: { dockerfile: string; folder: string },
  tag: string,
  output: StepOutput,
  signal: AbortSignal,
): Promise<void> {
  output.command(`docker build -t ${tag} -f ${dockerfile} ${folder}`);
  // One label only: each would be a layer. Whose it is, its name tells.
  const lease = ['--label', `${LABELS.lease}=${placement.lease}`];
  await docker.run(['build', ...lease, '-t', tag, '-f', dockerfile, folder], {
    signal,
    onLines: (lines) => output.print(...lines),
  });
}
