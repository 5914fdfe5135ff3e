/** Who else keeps runners that take the same jobs (D-5: labels ignore case). Pure. */
import { scopePath } from '../../protocol/github/runners.ts';
import { type RunnerSpec, scopeOf } from './runner-spec.ts';

/** Something that people write and that keeps runners. */
export interface LabelOwner {
  kind: string;
  namespace: string;
  name: string;
  spec: RunnerSpec;
}

/** Those of `others` whose runners register at the same place with the same labels as the subject's. */
export function sameLabels(subject: LabelOwner, others: LabelOwner[]): LabelOwner[] {
  const key = labelOwnerKey(subject.spec);
  return others.filter((other) => !isSame(subject, other) && labelOwnerKey(other.spec) === key);
}

const isSame = (a: LabelOwner, b: LabelOwner): boolean =>
  a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;

/**
 * The same for all that keep runners at one place with the same labels. Credentials and servers are not compared: which
 * server a Secret names may change at any time.
 */
export function labelOwnerKey(spec: RunnerSpec): string {
  const labels = [...new Set((spec.labels ?? []).map((label) => label.toLowerCase()))].sort();
  return JSON.stringify([scopePath(scopeOf(spec)).toLowerCase(), (spec.group ?? '').toLowerCase(), labels]);
}
