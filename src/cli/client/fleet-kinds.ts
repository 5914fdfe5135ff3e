/** The kinds of the fleet as a person may name them. Short names as ARC's (fleet-semantics 1.1). */
import { UsageError } from '../command.ts';

export interface Kind {
  kind: string;
  plural: string;
  names: string[];
}

const KINDS: Kind[] = [
  { kind: 'RunnerDeployment', plural: 'runnerdeployments', names: ['runnerdeployment', 'rdeploy'] },
  { kind: 'RunnerReplicaSet', plural: 'runnerreplicasets', names: ['runnerreplicaset', 'rrs'] },
  { kind: 'Runner', plural: 'runners', names: ['runner'] },
];

export const KIND_WORDS = ['rdeploy', 'rrs', 'runners'] as const;

/** @throws UsageError */
export function kindOf(word: string): Kind {
  const name = word.toLowerCase();
  const found = KINDS.find(({ plural, names }) => plural === name || names.includes(name));
  if (found) return found;
  throw new UsageError(
    `There is no kind "${word}"; there are ${KINDS.map(({ plural, names }) => `${plural} (${names.at(-1)})`).join(', ')}.`,
  );
}
