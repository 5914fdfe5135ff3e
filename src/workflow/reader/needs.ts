/** The graph that `needs` makes (SEM-9.1). Texts are GitHub's. */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import type { WorkflowJob } from '../model.ts';
import { isObjectToken, isSequenceToken, plainText } from '../tokens.ts';
import type { Place, Problems } from './problems.ts';

/** One entry of `needs`. */
export interface Need {
  job: string;
  /** As it is written. */
  wanted: string;
  /** The key of that job as it is declared; `undefined`: there is none. */
  found: string | undefined;
  place: Place | null;
}

/** @param keys of all jobs, by their lower case */
export function readNeeds(job: string, token: TemplateToken, keys: ReadonlyMap<string, string>): Need[] {
  return (isSequenceToken(token) ? token.seq : [token]).flatMap((item) => {
    const wanted = plainText(item);
    if (!wanted) return [];
    return [{ job, wanted, found: keys.get(wanted.toLowerCase()), place: isObjectToken(item) ? item : null }];
  });
}

/** @param place of all jobs */
export function checkGraph(jobs: WorkflowJob[], needs: Need[], place: Place | null, errors: Problems): void {
  const unknown = needs.filter(({ found }) => found === undefined);
  for (const { job, wanted, place } of unknown) errors.add(`Job '${job}' depends on unknown job '${wanted}'.`, place);
  const needing = new Set(needs.map(({ job }) => job));
  if (unknown.length === 0 && jobs.every(({ key }) => needing.has(key))) {
    errors.add('The workflow must contain at least one job with no dependencies.', place);
    return;
  }
  for (const { job, wanted, place } of circularNeeds(jobs, needs)) {
    errors.add(`Job '${job}' depends on job '${wanted}' which creates a cycle in the dependency graph.`, place);
  }
}

/** The needs that are left when jobs that could run are taken away, and then those that nobody left waits for. */
function circularNeeds(jobs: WorkflowJob[], needs: Need[]): Need[] {
  const known = needs.filter(({ found }) => found !== undefined);
  const keys = jobs.map(({ key }) => key);
  const stuck = peel(
    keys,
    known,
    ({ job }) => job,
    ({ found }) => found,
  );
  const between = known.filter(({ job, found }) => stuck.has(job) && stuck.has(found ?? ''));
  const circular = peel(
    [...stuck],
    between,
    ({ found }) => found,
    ({ job }) => job,
  );
  return between.filter(({ job, found }) => circular.has(job) && circular.has(found ?? ''));
}

/** The keys that stay when each that holds no edge is taken away, together with the edges that lead to it. */
function peel(
  keys: string[],
  edges: Need[],
  holder: (edge: Need) => string | undefined,
  target: (edge: Need) => string | undefined,
): Set<string> {
  const held = new Map(keys.map((key) => [key, 0]));
  const leading = new Map<string, string[]>();
  for (const edge of edges) {
    const [from, to] = [holder(edge) ?? '', target(edge) ?? ''];
    held.set(from, (held.get(from) ?? 0) + 1);
    const others = leading.get(to);
    if (others) others.push(from);
    else leading.set(to, [from]);
  }
  const free = keys.filter((key) => held.get(key) === 0);
  for (let key = free.pop(); key !== undefined; key = free.pop()) {
    held.delete(key);
    for (const from of leading.get(key) ?? []) {
      const left = (held.get(from) ?? 0) - 1;
      held.set(from, left);
      if (left === 0) free.push(from);
    }
  }
  return new Set(held.keys());
}
