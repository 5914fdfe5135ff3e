/** The kinds of the fleet as a person may name them. Short names as ARC's (fleet-semantics 1.1). */
import { UserError } from '../../common/errors.ts';
import { UsageError } from '../command.ts';
import type { Manifest } from './manifests.ts';

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

/**
 * The kind of a resource in a file, spelled as the API spells it.
 * @throws UserError naming file and line
 */
export function kindOfManifest({ resource, placeOf }: Manifest): Kind {
  const found = KINDS.find(({ kind }) => kind === resource.kind);
  if (found) return found;
  const known = KINDS.map(({ kind }) => kind).join(', ');
  throw new UserError(
    'unknown-kind',
    `${placeOf('kind')}: the kind ${resource.kind} is not known here; there are ${known}.`,
  );
}
