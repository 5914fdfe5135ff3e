/** The key `runs-on`, evaluated (SEM-13.1, 13.2). */
import type { Json } from '../protocol/runner/tokens.ts';
import { ExpressionError, isObject } from './expressions/index.ts';
import { checkMembers, scalarText } from './fields.ts';

/**
 * Labels without repetition, and the group.
 * @throws ExpressionError
 */
export function runsOn(value: Json): { labels: string[]; group: string | null } {
  if (isObject(value)) checkMembers(value, ['group', 'labels']);
  const group = isObject(value) ? scalarText(value.group ?? null) : '';
  const problem = runnerGroupProblem(group);
  if (problem) throw new ExpressionError(problem);
  const given = isObject(value) ? (value.labels ?? null) : value;
  const labels = (Array.isArray(given) ? given : [given]).map(scalarText).filter((label) => label !== '');
  if (labels.length === 0 && group === '') throw new ExpressionError('It names neither a label nor a group');
  return { labels: [...new Set(labels)], group: group || null };
}

const PREFIXES = ['org', 'organization', 'ent', 'enterprise'];

/** What is wrong with the name of a group, or `undefined`. An empty one is none. */
export function runnerGroupProblem(group: string): string | undefined {
  const [prefix = '', name, ...more] = group.split('/');
  const invalid = `Invalid runs-on group name '${group}'.`;
  if (name === undefined) return undefined;
  if (name === '' && more.length === 0) return invalid;
  if (more.length === 0 && PREFIXES.includes(prefix)) return undefined;
  return `${invalid} Please use 'organization/' or 'enterprise/' prefix to target a single runner group.`;
}
