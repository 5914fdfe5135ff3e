/** Actions made from the packages that GitHub publishes for them, bundled as their authors bundle them. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { git, writeFiles } from '../support/git.ts';
import { ActionJobs, bundle } from './action-jobs.ts';

const jobs = new ActionJobs();

/** Pushes `me/tool` as an action of one source, which prints what it finds as JSON after `told `. */
async function tool(source: string, manifest = ''): Promise<void> {
  const head = 'name: Tool\nruns: { using: node20, main: main.js }\n';
  await jobs.push('me/tool', { 'action.yml': `${head}${manifest}`, 'main.js': await bundle(source) });
}

/** What the action has told, by the name that it gave. */
function told(log: string): Record<string, unknown> {
  const lines = [...log.matchAll(/^told (\S+) (.*)$/gm)];
  return Object.fromEntries(lines.map(([, name = '', json = '']) => [name, JSON.parse(json)]));
}

const TELL =
  'const tell = (name: string, value: unknown) => console.log("told " + name + " " + JSON.stringify(value ?? null));';

it('@actions/core: inputs, outputs, variables, path, masks, state, groups, annotations, summary', async () => {
  const manifest = `
name: Core
inputs:
  text: { default: '  in the middle  ' }
  list: {}
  flag: { default: 'False' }
  'Two Words': { default: two }
  must: { required: true }
runs: { using: node20, main: main.js, post: post.js }
`;
  const main = `
    import * as core from '@actions/core';
    ${TELL}
    void main();
    async function main() {
    const thrown = (call: () => unknown) => { try { call(); } catch (error) { return (error as Error).message; } };
    tell('text', [core.getInput('TEXT'), core.getInput('text', { trimWhitespace: false })]);
    tell('list', core.getMultilineInput('list'));
    tell('flag', [core.getBooleanInput('flag'), thrown(() => core.getBooleanInput('text'))]);
    tell('words', core.getInput('two words'));
    tell('must', thrown(() => core.getInput('must', { required: true })));
    tell('debug', core.isDebug());
    tell('platform', [core.platform.isLinux, core.platform.arch === process.arch]);
    core.setOutput('lines', 'one\\ntwo=<<EOF\\n');
    core.setOutput('object', { a: [1, null] });
    core.exportVariable('FROM_ACTION', 'first\\r\\nsecond');
    tell('exported', process.env.FROM_ACTION);
    core.addPath('/opt/from-action');
    core.setSecret('hunter-two');
    core.info('the secret is hunter-two, ' + Buffer.from('hunter-two').toString('base64'));
    core.saveState('kept', { till: 'the end' });
    core.debug('only when debugging');
    await core.group('Fold', async () => core.info('inside the fold'));
    core.notice('look: 100%, here', { title: 'A, title: x', file: 'src/a.ts', startLine: 3, endLine: 3, startColumn: 2, endColumn: 5 });
    core.warning(new Error('careful'));
    core.error('bad\\nin two lines');
    await core.summary.addHeading('Done').addTable([[{ data: 'a', header: true }], ['hunter-two']]).write();
    }
  `;
  const post = `import * as core from '@actions/core'; ${TELL} tell('post', JSON.parse(core.getState('kept')));`;
  await jobs.push('me/core', { 'action.yml': manifest, 'main.js': await bundle(main), 'post.js': await bundle(post) });
  const { log, run, job } = await jobs.run(
    `
      - id: core
        uses: me/core@v1
        with:
          flag: TRUE
          list: |
            one

            two words
      - run: |
          echo "lines [$LINES] object $OBJECT"
          echo "exported [$FROM_ACTION] path \${PATH%%:*}"
        env: { LINES: '\${{ steps.core.outputs.lines }}', OBJECT: '\${{ fromJSON(steps.core.outputs.object).a[0] }}' }
`,
    { 'src/a.ts': 'x' },
  );
  expect(run.conclusion, log).toBe('success');
  expect(told(log)).toEqual({
    text: ['in the middle', '  in the middle  '],
    list: ['one', 'two words'],
    flag: [true, expect.stringContaining('YAML 1.2')],
    words: 'two',
    must: 'Input required and not supplied: must',
    debug: false,
    platform: [true, true],
    exported: 'first\r\nsecond',
    post: { till: 'the end' },
  });
  expect(log).toContain('lines [one\ntwo=<<EOF\n] object 1');
  expect(log).toMatch(/exported \[first\r?\nsecond\] path \/opt\/from-action/);
  expect(log).toContain('the secret is ***, ***');
  expect(log).not.toContain('hunter-two');
  expect(log).not.toContain('only when debugging');
  expect(log).toContain('##[group]Fold\ninside the fold\n##[endgroup]');
  expect(job.annotations).toMatchObject([
    { level: 'notice', message: 'look: 100%, here', title: 'A, title: x', path: 'src/a.ts', line: 3 },
    { level: 'warning', message: 'Error: careful' },
    { level: 'failure', message: 'bad\nin two lines' },
  ]);
  expect(summaries()).toEqual(['<h1>Done</h1>\n<table><tr><th>a</th></tr><tr><td>***</td></tr></table>\n']);
});

function summaries(): string[] {
  const root = join(jobs.server.folder, 'data');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return files.filter((path) => path.endsWith('.md')).map((path) => readFileSync(join(root, path), 'utf8'));
}

it('@actions/core: setFailed fails the step, and debug lines show when the job is debugged', async () => {
  await tool(`
    import * as core from '@actions/core';
    ${TELL}
    tell('debug', [core.isDebug(), process.env.RUNNER_DEBUG]);
    core.debug('only when debugging');
    core.setFailed(new Error('it broke'));
  `);
  await jobs.server.push({ 'README.md': 'The repository' });
  const name = 'ACTIONS_STEP_DEBUG';
  await jobs.server.rest('POST', '/api/v3/repos/me/app/actions/variables', { name, value: 'true' });
  const { log, steps, job } = await jobs.run('      - { name: Tool, uses: me/tool@v1 }\n');
  expect(steps).toEqual(['Tool: failure']);
  expect(told(log)).toEqual({ debug: [true, '1'] });
  expect(log).toContain('##[debug]only when debugging');
  expect(job.annotations).toMatchObject([{ level: 'failure', message: 'Error: it broke' }]);
});

it('@actions/exec: output, exit codes, folder, environment, input, listeners, silence, quoting', async () => {
  await tool(`
    import * as exec from '@actions/exec';
    ${TELL}
    async function main() {
      const node = process.execPath;
      const print = ['-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--'];
      const silent = { silent: true };
      tell('output', await exec.getExecOutput('sh', ['-c', 'echo out; echo err >&2; exit 3'], { ignoreReturnCode: true, ...silent }));
      tell('thrown', await exec.exec('sh', ['-c', 'exit 4'], silent).catch((error) => error.message));
      tell('missing', await exec.exec('no-such-program').catch((error) => error.message));
      tell('folder', (await exec.getExecOutput('pwd', [], { cwd: '/', ...silent })).stdout);
      tell('workspace', (await exec.getExecOutput('pwd', [], silent)).stdout.trim() === process.env.GITHUB_WORKSPACE);
      tell('env', (await exec.getExecOutput('sh', ['-c', 'echo "$ONLY-$GITHUB_JOB"'], { env: { ONLY: 'this' }, ...silent })).stdout);
      tell('input', (await exec.getExecOutput('cat', [], { input: Buffer.from('given'), ...silent })).stdout);
      tell('quoting', JSON.parse((await exec.getExecOutput(node, [...print, 'a b', '"q"', "it's", '$HOME', '*', ''], silent)).stdout));
      tell('line', JSON.parse((await exec.getExecOutput('"' + node + '" -p "JSON.stringify(process.argv.length)"', [], silent)).stdout));
      const lines: string[] = [];
      await exec.exec('printf', ['a\\\\nb\\\\n'], { listeners: { stdline: (line) => lines.push(line), debug: () => undefined } });
      tell('lines', lines);
      await exec.exec('echo', ['::notice::from a child']);
    }
    void main();
  `);
  const { log, run, job } = await jobs.run('      - uses: me/tool@v1\n');
  expect(run.conclusion, log).toBe('success');
  expect(told(log)).toEqual({
    output: { exitCode: 3, stdout: 'out\n', stderr: 'err\n' },
    thrown: expect.stringMatching(/failed with exit code 4/),
    missing: expect.stringMatching(/Unable to locate executable file: no-such-program/),
    folder: '/\n',
    workspace: true,
    env: 'this-\n',
    input: 'given',
    quoting: ['a b', '"q"', "it's", '$HOME', '*', ''],
    line: 1,
    lines: ['a', 'b'],
  });
  expect(log).toMatch(/\[command\]\/\S*printf a\\nb\\n\na\nb/);
  expect(job.annotations).toMatchObject([{ level: 'notice', message: 'from a child' }]);
});

it('@actions/tool-cache: downloads, unpacks, keeps and finds tools by version', async () => {
  const archives = await serveArchives();
  await tool(`
    import * as fs from 'node:fs';
    import * as path from 'node:path';
    import * as cache from '@actions/tool-cache';
    ${TELL}
    async function main() {
      const url = process.env.ARCHIVES;
      const file = await cache.downloadTool(url + '/tool.tar.gz');
      tell('place', file.startsWith(process.env.RUNNER_TEMP + '/'));
      const tar = await cache.extractTar(file);
      tell('tar', fs.readFileSync(path.join(tar, 'bin/tool'), 'utf8'));
      const zip = await cache.extractZip(await cache.downloadTool(url + '/tool.zip', undefined, 'token secret-token'));
      tell('zip', fs.readFileSync(path.join(zip, 'tool.txt'), 'utf8'));
      const kept = await cache.cacheDir(tar, 'tool', '1.2.3');
      await cache.cacheFile(path.join(zip, 'tool.txt'), 'tool.txt', 'tool', '1.10.0');
      tell('kept', kept === path.join(process.env.RUNNER_TOOL_CACHE!, 'tool', '1.2.3', process.arch));
      tell('found', [cache.find('tool', '1.2.3') === kept, path.basename(path.dirname(cache.find('tool', '1.x'))), cache.find('tool', '2.x')]);
      tell('versions', cache.findAllVersions('tool').sort());
      tell('refused', await cache.downloadTool(url + '/none').catch((error) => error.message));
    }
    void main();
  `);
  const { log, run } = await jobs.run(
    `      - { uses: me/tool@v1, env: { ARCHIVES: 'http://127.0.0.1:${archives.port}' } }\n`,
  );
  expect(run.conclusion, log).toBe('success');
  expect(told(log)).toEqual({
    place: true,
    tar: 'a tool',
    zip: 'a zipped tool',
    kept: true,
    found: [true, '1.10.0', ''],
    versions: ['1.10.0', '1.2.3'],
    refused: 'Unexpected HTTP response: 404',
  });
  expect(archives.authorizations).toContain('token secret-token');
});

it('@actions/glob: finds what patterns name, and hashes files as the expression does', async () => {
  await tool(`
    import * as path from 'node:path';
    import * as glob from '@actions/glob';
    ${TELL}
    async function main() {
      const globber = await glob.create('**/*.txt\\n!**/b/**\\nlib');
      tell('files', (await globber.glob()).map((file) => path.relative(process.cwd(), file)).sort());
      const patterns = process.env.PATTERNS!.split(';');
      tell('hashes', await Promise.all(patterns.map((pattern) => glob.hashFiles(pattern, '', { followSymbolicLinks: false }))));
    }
    void main();
  `);
  const patterns = ['**/*.txt', 'a/*', '**/*.txt\n!b/**', 'none', 'b/two.txt\na/one.txt', '?.md', 'a', '**/[ab]/*'];
  const ours = patterns.map((pattern) => `\${{ hashFiles('${pattern.replaceAll('\n', "', '")}') }}`).join(',');
  const { log, run } = await jobs.run(
    `
      - uses: actions/checkout@v4
      - { uses: me/tool@v1, env: { PATTERNS: ${JSON.stringify(patterns.join(';'))} } }
      - run: echo "ours $OURS"
        env: { OURS: "${ours}" }
`,
    { 'a/one.txt': '1', 'b/two.txt': '2', 'b/.hidden.txt': '3', 'lib/x.js': '4', 'x.md': '5', 'c/a/d/e.txt': '6' },
  );
  expect(run.conclusion, log).toBe('success');
  const { files, hashes } = told(log);
  expect(files).toEqual(['a/one.txt', 'c/a/d/e.txt', 'lib', 'lib/x.js']);
  expect(/^ours (.*)$/m.exec(log)?.[1]?.split(',')).toEqual(hashes);
});

it('@actions/github: context of the event, and Octokit against the REST of this server', async () => {
  await tool(
    `
    import * as core from '@actions/core';
    import * as github from '@actions/github';
    ${TELL}
    async function main() {
      const { context } = github;
      const { eventName, ref, workflow, action, actor, job, runId, runNumber, runAttempt, repo, apiUrl, graphqlUrl, serverUrl, sha } = context;
      tell('context', { eventName, ref, workflow, action, actor, job, runNumber, runAttempt, repo, apiUrl, graphqlUrl, serverUrl });
      tell('payload', [context.payload.repository?.full_name, context.payload.head_commit?.message, context.payload.after === sha]);
      const octokit = github.getOctokit(core.getInput('token'));
      const { data: run } = await octokit.rest.actions.getWorkflowRun({ ...repo, run_id: runId });
      tell('run', [run.id === runId, run.head_sha === sha, run.status, run.path]);
      const listed = await octokit.paginate(octokit.rest.actions.listJobsForWorkflowRun, { ...repo, run_id: runId, per_page: 1 });
      tell('jobs', listed.map(({ name, status }) => [name, status]));
      const { data } = await octokit.rest.repos.get(repo);
      tell('repository', [data.full_name, data.default_branch]);
      tell('refused', await octokit.request('DELETE /repos/{owner}/{repo}/actions/variables/X', repo).catch(({ status, message }) => [status, message]));
      tell('missing', await octokit.rest.repos.get({ owner: 'no', repo: 'where' }).catch(({ status }) => status));
    }
    void main();
  `,
    "inputs: { token: { default: '${{ github.token }}' } }\n",
  );
  const { log, run } = await jobs.run(
    '      - { id: it, uses: me/tool@v1 }\n',
    {},
    '    permissions: { actions: read, contents: read }\n',
  );
  expect(run.conclusion, log).toBe('success');
  const { url } = jobs.server;
  expect(told(log)).toEqual({
    context: {
      ...{ eventName: 'push', ref: 'refs/heads/main', workflow: '.github/workflows/ci.yml', action: 'it' },
      ...{ actor: 'admin', job: 'job', runNumber: 1, runAttempt: 1, repo: { owner: 'me', repo: 'app' } },
      ...{ apiUrl: `${url}/api/v3`, graphqlUrl: `${url}/api/graphql`, serverUrl: url },
    },
    payload: ['me/app', 'A change', true],
    run: [true, true, 'in_progress', '.github/workflows/ci.yml'],
    jobs: [['job', 'in_progress']],
    repository: ['me/app', 'main'],
    refused: [403, expect.stringMatching(/not accessible by integration/)],
    missing: 404,
  });
});

it('@actions/io and @actions/http-client: files, programs, and requests with a proxy left alone', async () => {
  const archives = await serveArchives();
  await tool(`
    import * as fs from 'node:fs';
    import * as io from '@actions/io';
    import { HttpClient } from '@actions/http-client';
    import { BearerCredentialHandler } from '@actions/http-client/lib/auth';
    ${TELL}
    async function main() {
      await io.mkdirP('deep/er');
      fs.writeFileSync('deep/er/file', 'x');
      await io.cp('deep', 'copy', { recursive: true });
      await io.mv('copy', 'moved');
      await io.rmRF('deep');
      tell('files', [fs.existsSync('moved/er/file') || fs.existsSync('moved/deep/er/file'), fs.existsSync('deep'), fs.existsSync('copy')]);
      tell('which', [await io.which('sh', true), await io.which('no-such-program')]);
      const client = new HttpClient('tool', [new BearerCredentialHandler('abc')]);
      const answer = await client.getJson<{ path: string }>(process.env.ARCHIVES + '/json');
      tell('answer', [answer.statusCode, answer.result]);
      tell('missing', (await client.getJson(process.env.ARCHIVES + '/none')).statusCode);
    }
    void main();
  `);
  const { log, run } = await jobs.run(
    `      - { uses: me/tool@v1, env: { ARCHIVES: 'http://127.0.0.1:${archives.port}' } }\n`,
  );
  expect(run.conclusion, log).toBe('success');
  expect(told(log)).toEqual({
    files: [true, false, false],
    which: [expect.stringMatching(/\/sh$/), ''],
    answer: [200, { agent: 'tool' }],
    missing: 404,
  });
  expect(archives.authorizations).toContain('Bearer abc');
});

let served: Server | undefined;

afterEach(async () => {
  const server = served;
  served = undefined;
  if (server) await promisify(server.close.bind(server))();
});

/** `/tool.tar.gz` with `bin/tool`, `/tool.zip` with `tool.txt`, `/json`. */
async function serveArchives(): Promise<{ port: number; authorizations: string[] }> {
  const authorizations: string[] = [];
  const answers: Record<string, Buffer> = {
    '/tool.tar.gz': await archiveOf('tar.gz', { 'bin/tool': 'a tool' }),
    '/tool.zip': await archiveOf('zip', { 'tool.txt': 'a zipped tool' }),
    '/json': Buffer.from('{"agent":"tool"}'),
  };
  served = createServer((request, response) => {
    if (request.headers.authorization) authorizations.push(request.headers.authorization);
    const answer = answers[request.url ?? ''];
    response.writeHead(answer ? 200 : 404, { Connection: 'close' }).end(answer);
  });
  const server = served.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { port: (server.address() as AddressInfo).port, authorizations };
}

async function archiveOf(format: string, files: Record<string, string>): Promise<Buffer> {
  const folder = await mkdtemp(join(jobs.server.folder, 'archive-'));
  await git(folder, 'init', '-q');
  await writeFiles(folder, files);
  await git(folder, 'add', '-A');
  await git(folder, 'commit', '-q', '-m', 'Files');
  await git(folder, 'archive', `--format=${format}`, '-o', 'archive', 'HEAD');
  return await readFile(join(folder, 'archive'));
}
