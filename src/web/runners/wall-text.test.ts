import { expect, test } from 'vitest';
import { wallText } from './wall-text.ts';

const none = { labels: [], environments: [], refs: [], workflows: [] };

test('a wall says whom its runner is kept for; one of its parts is enough (SEM-13.4)', () => {
  expect(wallText({ ...none, labels: ['gpu'] })).toBe('jobs that name the label gpu');
  expect(wallText({ ...none, environments: ['production', 'staging'], refs: ['main'] })).toBe(
    'jobs of the environment production or staging, or of the ref main',
  );
  expect(wallText({ ...none, workflows: ['.github/workflows/deploy.yml'] })).toBe(
    'jobs of the workflow .github/workflows/deploy.yml',
  );
});

test('no wall, and a wall of nothing, say nothing', () => {
  expect(wallText(null)).toBeNull();
  expect(wallText(none)).toBeNull();
});
