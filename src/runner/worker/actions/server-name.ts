import { readFile } from 'node:fs/promises';
import type { JobState } from '../job-state.ts';

/**
 * What GitHub's client of artifacts says before it refuses. It looks at nothing but the host of `GITHUB_SERVER_URL`, and
 * takes every server for one without artifacts v4 that is neither GitHub's own nor ends in `.localhost` (runner-protocol 9.1).
 */
const REFUSAL = 'currently supported on GHES';
const TRUSTED_HOST = /(?:^github\.com|\.ghe\.com|\.localhost)$/i;
const OTHER_NAME = 'switchyard.localhost';

/** Whether a program holds that client; asked for every stage of a step. */
const known = new Map<string, Promise<boolean>>();

/**
 * `GITHUB_SERVER_URL` with a name that the client accepts, for programs that hold it, where the server says that it has
 * artifacts v4. All others see the server's own URL; the client itself uses other variables to reach it.
 * @param file as this machine sees it
 */
export async function acceptedServerName(job: JobState, file: string): Promise<Record<string, string>> {
  if (job.variable('actions_uses_artifact_service_v4') !== 'true') return {};
  const server = String(job.github.server_url);
  if (!URL.canParse(server)) return {};
  const url = new URL(server);
  if (TRUSTED_HOST.test(url.hostname) || !(await wouldRefuse(file))) return {};
  url.hostname = OTHER_NAME;
  return { GITHUB_SERVER_URL: url.origin };
}

function wouldRefuse(file: string): Promise<boolean> {
  const answer = known.get(file) ?? readFile(file).then((program) => program.includes(REFUSAL));
  known.set(file, answer);
  return answer;
}
