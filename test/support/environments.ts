/** What tests about environments have in common: one repository, `me/app`, with one environment, `production`. */
import type { RunDetail } from '../../src/protocol/dashboard/index.ts';
import type { ManualClock } from './manual-clock.ts';
import { TestServer, type TestServerOptions } from './server.ts';
import { type Answer, call } from './simulated-runner.ts';
import { waitFor } from './wait.ts';

export const REPO = '/api/v3/repos/me/app';
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

/** Deploys, then reports whatever came of it. */
export const DEPLOY = `
on: push
jobs:
  deploy:
    runs-on: self-hosted
    environment: production
    steps: [{ run: 'true' }]
  report:
    needs: deploy
    if: always()
    runs-on: self-hosted
    steps: [{ run: 'true' }]
`;

/** The repository must be there before its environments are. */
export const makeRepository = (server: TestServer) => server.rest('POST', '/api/v3/orgs/me/repos', { name: 'app' });

export const putEnvironment = (server: TestServer, rules: object) =>
  server.rest<{ id: number }>('PUT', `${REPO}/environments/production`, rules);

/** A server whose repository has an environment with these rules. */
export async function startWithRules(
  start: (options?: TestServerOptions) => Promise<TestServer>,
  rules: object,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const server = await start(options);
  await makeRepository(server);
  await putEnvironment(server, rules);
  return server;
}

export const reviewers = (...logins: string[]) => ({ reviewers: logins.map((login) => ({ type: 'User', login })) });

export const review = (
  server: TestServer,
  token: string,
  body: object = {},
  run = 1,
): Promise<Answer<{ message: string }>> =>
  call('POST', `${server.url}/switchyard/v1/runs/${run}/reviews`, {
    token,
    json: { environments: ['production'], state: 'approved', ...body },
  });

let boxes = 0;
/** Takes the next job and ends it. */
export const runNext = async (server: TestServer, conclusion = 'succeeded') =>
  (await server.runner(`box-${++boxes}`)).runOne(conclusion);

export const runWhere = (server: TestServer, what: string, holds: (run: RunDetail) => boolean): Promise<RunDetail> =>
  waitFor(what, async () => {
    const run = await server.run(1);
    return holds(run) && run;
  });

/** Stops the server and starts another in its place. @param servers those that are closed after the test */
export async function restarted(servers: TestServer[], server: TestServer, clock?: ManualClock): Promise<TestServer> {
  const port = Number(new URL(server.url).port);
  await server.stop();
  const next = await TestServer.start({ port, dataFolder: server.folder, clock });
  servers.splice(servers.indexOf(server), 1, next);
  return next;
}

export interface Deployment {
  id: number;
  environment: string;
  ref: string;
  creator: { login: string };
}

/** Newest first. */
export const deployments = (server: TestServer) => server.rest<Deployment[]>('GET', `${REPO}/deployments`);

/** Oldest first. */
export async function statuses(server: TestServer, id = 1) {
  type Status = { state: string; environment_url: string; log_url: string };
  return (await server.rest<Status[]>('GET', `${REPO}/deployments/${id}/statuses`)).reverse();
}

export const states = async (server: TestServer, id = 1) => (await statuses(server, id)).map(({ state }) => state);
