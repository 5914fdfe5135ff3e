/**
 * Checks every REST answer of every server that a test starts in its own process, whoever the client is. A test in which
 * one is not as GitHub describes it fails.
 */
import { afterAll, afterEach } from 'vitest';
import { takeProblems } from './watch-servers.ts';

const report = (): void => {
  const problems = takeProblems();
  if (problems.length > 0) throw new Error(`Answers that are not as GitHub describes them:\n${problems.join('\n')}`);
};
afterEach(report);
afterAll(report);
