/** A job in a container reaches the server of the default set-up, which listens on the machine's loopback alone. */
import { describe, expect, it } from 'vitest';
import { bundle } from './action-jobs.ts';
import { ContainerJobs, engine } from './container-jobs.ts';

const jobs = new ContainerJobs();

describe.skipIf(!engine)('a job in a container, beside a server on 127.0.0.1', () => {
  it('calls its REST and uses GitHub’s client of artifacts, with nothing to set up', async () => {
    const main = await bundle(`
      import client from '@actions/artifact';
      import { readFileSync, writeFileSync } from 'node:fs';
      main().catch((error) => { console.error(error); process.exitCode = 1; });
      async function main() {
        const meta = await fetch(process.env.GITHUB_API_URL + '/meta');
        console.log('told meta', meta.status);
        writeFileSync('a.txt', 'from a container');
        const { id } = await client.uploadArtifact('a', ['a.txt'], '.');
        await client.downloadArtifact(id ?? 0, { path: 'in' });
        console.log('told content', readFileSync('in/a.txt', 'utf8'));
      }`);
    const manifest = 'name: Client\nruns: { using: node20, main: main.js }\n';
    await jobs.server.push(
      { 'action.yml': manifest, 'main.js': main },
      { repository: 'me/client', ref: 'refs/tags/v1' },
    );
    const { conclusion, log } = await jobs.run(
      `    container: ${jobs.docker.image}\n    steps:\n      - uses: me/client@v1\n`,
    );
    expect(conclusion, log).toBe('success');
    expect(log).toContain('told meta 200');
    expect(log).toContain('told content from a container');
  });
});
