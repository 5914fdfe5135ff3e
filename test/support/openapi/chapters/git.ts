import { expect } from 'vitest';
import { type RestClient, repositoryWith } from '../client.ts';

const inBase64 = (text: string): string => Buffer.from(text).toString('base64');

export async function commitsAndContents(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'contents', { 'README.md': 'Hello\n', 'src/a.txt': 'a\n' });
  await api.get(`${repository}/readme`);
  await api.get(`${repository}/contents`);
  await api.get(`${repository}/contents/src`);
  const file = await api.get(`${repository}/contents/src/a.txt`);
  expect(Buffer.from(file.content, 'base64').toString('utf8')).toBe('a\n');
  const made = await api.put(`${repository}/contents/src/b.txt`, { message: 'Add b', content: inBase64('b\n') });
  await api.put(`${repository}/contents/src/b.txt`, {
    message: 'Change b',
    content: inBase64('B\n'),
    sha: made.content.sha,
  });
  await api.delete(`${repository}/contents/src/a.txt`, { message: 'No a', sha: file.sha });
  const commits = await api.get(`${repository}/commits`);
  expect(commits.map(({ commit }: { commit: { message: string } }) => commit.message)).toEqual([
    'No a',
    'Change b',
    'Add b',
    'A change',
  ]);
  for (const { sha } of commits) await api.get(`${repository}/commits/${sha}`);
  const compared = await api.get(`${repository}/compare/${commits.at(-1).sha}...main`);
  expect(compared).toMatchObject({ status: 'ahead', ahead_by: 3, files: [{}, {}] });
  await api.get(`${repository}/branches`);
  await api.get(`${repository}/branches/main`);
}

export async function gitData(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'git', { 'README.md': 'Hello\n' });
  const git = `${repository}/git`;
  const { object } = await api.get(`${git}/ref/heads/main`);
  const blob = await api.post(`${git}/blobs`, { content: 'text\n' });
  expect(inBase64('text\n')).toBe((await api.get(`${git}/blobs/${blob.sha}`)).content);
  const tree = await api.post(`${git}/trees`, {
    base_tree: object.sha,
    tree: [
      { path: 'a/b.txt', mode: '100644', type: 'blob', sha: blob.sha },
      { path: 'README.md', mode: '100644', type: 'blob', sha: null },
    ],
  });
  const whole = await api.get(`${git}/trees/${tree.sha}?recursive=1`);
  expect(whole.tree.map(({ path }: { path: string }) => path)).toEqual(['a', 'a/b.txt']);
  const commit = await api.post(`${git}/commits`, { message: 'By hand', tree: tree.sha, parents: [object.sha] });
  await api.get(`${git}/commits/${commit.sha}`);
  await api.patch(`${git}/refs/heads/main`, { sha: commit.sha });
  const tag = await api.post(`${git}/tags`, { tag: 'v1', message: 'One', object: commit.sha, type: 'commit' });
  await api.get(`${git}/tags/${tag.sha}`);
  await api.post(`${git}/refs`, { ref: 'refs/tags/v1', sha: tag.sha });
  expect((await api.get(`${git}/matching-refs/tags/v`)).length).toBe(1);
  expect((await api.get(`${repository}/tags`))[0].commit.sha).toBe(commit.sha);
  await api.delete(`${git}/refs/tags/v1`);
  expect(await api.get(`${git}/matching-refs/tags`)).toEqual([]);
}

export async function statuses(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'statuses', { 'README.md': '' });
  const { sha } = (await api.get(`${repository}/git/ref/heads/main`)).object;
  await api.post(`${repository}/statuses/${sha}`, { state: 'success', context: 'ci' });
  await api.get(`${repository}/commits/main/statuses`);
  await api.get(`${repository}/commits/main/status`);
}
