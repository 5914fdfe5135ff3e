/** By what the fleet finds what it made, and nothing else: no call removes anything that does not carry its labels. */

export const LABELS = {
  /** Id of the fleet, new with its data folder. */
  fleet: 'switchyard.fleet',
  /** Name of the instance. */
  instance: 'switchyard.instance',
  /** `runner`, `docker`, or the name of another container of the instance. */
  part: 'switchyard.part',
  /** `NAMESPACE/NAME` of a claim: a volume that belongs to no instance. */
  claim: 'switchyard.claim',
} as const;

export const RUNNER_PART = 'runner';

/** Whose it is. */
export interface Owner {
  /** Id of the fleet. */
  fleet: string;
  /** Name of the instance. */
  instance: string;
}

/** No two fleets on one engine have a name in common. An instance's name has no double underscore. */
export const containerName = ({ fleet, instance }: Owner, part: string): string =>
  `switchyard-${fleet.slice(0, 8)}-${instance}${part === RUNNER_PART ? '' : `__${part}`}`;

export const volumeName = (owner: Owner, volume: string): string => containerName(owner, `volume-${volume}`);

/** One for all runners of a namespace that name the claim; it stays when they go. */
export const claimName = ({ fleet, instance }: Owner, claim: string): string =>
  `switchyard-${fleet.slice(0, 8)}-claim-${namespaceOf(instance)}-${claim}`;

export const claimLabels = ({ fleet, instance }: Owner, claim: string): string[] => [
  `${LABELS.fleet}=${fleet}`,
  `${LABELS.claim}=${namespaceOf(instance)}/${claim}`,
];

/** As the names of instances have it (reconcilers/context.ts). */
const namespaceOf = (instance: string): string => (instance.includes('_') ? (instance.split('_')[0] ?? '') : 'default');

export const labelsOf = ({ fleet, instance }: Owner): string[] => [
  `${LABELS.fleet}=${fleet}`,
  `${LABELS.instance}=${instance}`,
];

/** Options that let a list show what belongs to the fleet, or to one of its instances, only. */
export const filtersOf = ({ fleet, instance }: { fleet: string; instance?: string }): string[] => [
  ...['--filter', `label=${LABELS.fleet}=${fleet}`],
  ...(instance === undefined ? [] : ['--filter', `label=${LABELS.instance}=${instance}`]),
];
