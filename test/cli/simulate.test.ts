import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serversPerTest } from '../support/server.ts';
import { folderWith, switchyard } from './program.ts';

const EXAMPLE = resolve('examples/autoscaled-runners.yaml');
const { start } = serversPerTest();

const trace = (count: number, labels = ['self-hosted']): string =>
  Array.from({ length: count }, (_one, index) =>
    JSON.stringify({ queuedAt: new Date(1_767_603_600_000 + index * 1_000).toISOString(), seconds: 60, labels }),
  ).join('\n');

describe('switchyard simulate', () => {
  it('prints waits and runner-minutes of a recorded trace, side by side for two policies', async () => {
    const fewer = (await readFile(EXAMPLE, 'utf8')).replace('maxReplicas: 16', 'maxReplicas: 2');
    const folder = await folderWith({ 'trace.jsonl': trace(60), 'fewer.yaml': fewer });
    const { code, out: stdout } = await switchyard(
      ['simulate', '-f', EXAMPLE, '--compare', 'fewer.yaml', '--trace', 'trace.jsonl', '--json'],
      { cwd: folder },
    );
    expect(code).toBe(0);
    const [more, less] = JSON.parse(stdout);
    expect(more).toMatchObject({ name: EXAMPLE, jobs: 60, neverRan: 0 });
    expect(less.queueSeconds.p95).toBeGreaterThan(more.queueSeconds.p95);
    expect(less.runnerMinutes).toBeLessThan(more.runnerMinutes + 60);
  });

  it('writes a page with charts, and a trace that gives the same again', async () => {
    const folder = await folderWith({});
    const first = await switchyard(
      ['simulate', '-f', EXAMPLE, '--jobs', '50', '--html', 'page.html', '--save-trace', 'trace.jsonl', '--json'],
      { cwd: folder },
    );
    expect(await readFile(join(folder, 'page.html'), 'utf8')).toContain('<svg');
    const again = await switchyard(['simulate', '-f', EXAMPLE, '--trace', 'trace.jsonl', '--json'], { cwd: folder });
    expect(JSON.parse(again.out)).toEqual(JSON.parse(first.out));
  });

  it('replays what a server ran', async () => {
    const server = await start();
    await server.pushWorkflow(`on: push\njobs: { build: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n`);
    await (await server.runner('box')).runOne();
    const folder = await folderWith({});
    const { out: stdout, err: stderr } = await switchyard(
      ['simulate', '-f', EXAMPLE, '--since', '1h', '--server', server.url, '--token', server.token, '--json'],
      { cwd: folder },
    );
    expect(stderr).toContain('me/app: 1 jobs');
    expect(JSON.parse(stdout)).toMatchObject([{ jobs: 1, neverRan: 0 }]);
  });

  it('says when by the clocks of --tz and in UTC, in the text and on the page', async () => {
    const folder = await folderWith({ 'trace.jsonl': trace(2) });
    const words = ['simulate', '-f', EXAMPLE, '--trace', 'trace.jsonl', '--tz', 'Asia/Seoul', '--html', 'page.html'];
    const { out } = await switchyard(words, { cwd: folder });
    const start = /2026-01-05 18:00 GMT\+9 \(09:00 UTC\) to /;
    expect(out).toMatch(start);
    expect(await readFile(join(folder, 'page.html'), 'utf8')).toMatch(start);
  });

  it('says which labels no pool has', async () => {
    const folder = await folderWith({ 'trace.jsonl': trace(2, ['gpu']) });
    const { out: stdout } = await switchyard(['simulate', '-f', EXAMPLE, '--trace', 'trace.jsonl'], { cwd: folder });
    expect(stdout).toContain('no pool has all the labels gpu, which 2 jobs ask for');
  });

  it.each([
    ['a line that is no job', { 'trace.jsonl': '{"seconds": -1}' }, ['--trace', 'trace.jsonl'], 1, 'trace.jsonl:1'],
    ['a time that is none', {}, ['--over', 'soon'], 2, '"soon" is no time'],
    ['two kinds of demand', {}, ['--jobs', '5', '--since', '1d'], 2, 'Give only one of'],
    ['prices that are none', { 'prices.yaml': 'default: cheap' }, ['--prices', 'prices.yaml'], 1, 'prices.yaml'],
  ])('refuses %s', async (_what, files, options, expected, words) => {
    const folder = await folderWith(files);
    const { code, err: stderr } = await switchyard(['simulate', '-f', EXAMPLE, ...options], { cwd: folder });
    expect(stderr).toContain(words);
    expect(code).toBe(expected);
  });
});
