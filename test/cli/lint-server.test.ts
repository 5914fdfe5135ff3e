import { expect, it } from 'vitest';
import type { RunnerList } from '../../src/protocol/dashboard/index.ts';
import { serversPerTest } from '../support/server.ts';
import { folderWith, switchyard } from './program.ts';

const { start } = serversPerTest();

const job = (labels: string): string => `on: push\njobs: { a: { runs-on: ${labels}, steps: [{ run: x }] } }\n`;

it('SEM-13.4: lint asks a server for the runners of repository, owner and enterprise, and for their walls', async () => {
  const server = await start();
  await server.push({ 'x.txt': '' });
  await server.jitConfig('own', ['self-hosted', 'own'], 'repos/me/app');
  await server.jitConfig('of-owner', ['self-hosted', 'api-prod'], 'orgs/me');
  await server.jitConfig('foreign', ['self-hosted', 'far'], 'orgs/you');
  await server.jitConfig('of-all', ['self-hosted', 'all']);
  const cwd = await folderWith({
    '.github/workflows/ci.yml': job('self-hosted'),
    '.github/workflows/far.yml': job('far'),
    '.github/workflows/hosted.yml': job('ubuntu-latest'),
  });
  const lint = async (...files: string[]): Promise<string[]> => {
    const args = ['lint', ...files, '--server', server.url, '-R', 'me/app', '--json'];
    const { out, err } = await switchyard(args, { cwd, env: { SWITCHYARD_TOKEN: server.token } });
    expect(err).toBe('');
    const { findings } = JSON.parse(out) as { findings: { rule: string; severity: string; message: string }[] };
    return findings.map(({ rule, severity, message }) => `${rule} ${severity} ${message}`);
  };
  const all = await lint();
  expect(all).toEqual([
    expect.stringMatching(/^ambiguous-runner error .*own.*of-owner \(also api-prod\).*of-all/),
    expect.stringMatching(/^unreachable-labels error .*No runner has the label far\./),
    expect.stringMatching(/^unreachable-labels error .*No runner has the label ubuntu-latest\./),
  ]);
  expect(all.join()).not.toContain('foreign');

  const { runners } = await server.rest<RunnerList>('GET', '/switchyard/v1/runners');
  for (const { id, labels } of runners) {
    const [, label = ''] = labels;
    const wall = { labels: [label], environments: [], refs: [], workflows: [] };
    if (label !== 'own') await server.rest('PUT', `/switchyard/v1/runners/${id}/wall`, wall);
  }
  expect(await lint('.github/workflows/ci.yml')).toEqual([]);
});

it('lint says in one sentence that a server refuses the token or does not answer', async () => {
  const server = await start();
  const cwd = await folderWith({ '.github/workflows/ci.yml': job('self-hosted') });
  const args = ['lint', '--server', server.url, '-R', 'me/app', '--token', 'wrong'];
  const refused = await switchyard(args, { cwd });
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toMatch(/^error: /);
  await server.stop();
  const silent = await switchyard(args, { cwd });
  expect(silent.err).toContain(`error: Nothing answers at ${server.url}.`);
});
