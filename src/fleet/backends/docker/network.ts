import { z } from 'zod';
import type { RunnerSpec } from '../../resources/runner-spec.ts';
import { elementsOf, read, type Warn } from './fields.ts';
import { containerName, RUNNER_PART } from './names.ts';
import type { Place } from './plan-pod.ts';

const HostAlias = z.looseObject({ ip: z.string(), hostnames: z.array(z.string()) });
const DnsConfig = z.looseObject({
  nameservers: z.array(z.string()).optional(),
  searches: z.array(z.string()).optional(),
  options: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
});

/** Longest name of a host. */
const MAX_HOSTNAME = 63;

/** Of the runner's container, whose network the others share as in a pod. */
export function networkOptions({ hostAliases, dnsConfig }: RunnerSpec, place: Place, warn: Warn): string[] {
  const aliases = elementsOf({ path: 'hostAliases', value: hostAliases }).map((field) => read(HostAlias, field, warn));
  const dns = read(DnsConfig, dnsConfig && { path: 'dnsConfig', value: dnsConfig }, warn);
  return [
    ...(place.network === '' ? [] : ['--network', place.network]),
    ...['--hostname', place.owner.instance.replaceAll('_', '-').slice(0, MAX_HOSTNAME)],
    ...aliases.flatMap((alias) => (alias?.hostnames ?? []).flatMap((name) => ['--add-host', `${name}:${alias?.ip}`])),
    ...(dns?.nameservers ?? []).flatMap((server) => ['--dns', server]),
    ...(dns?.searches ?? []).flatMap((domain) => ['--dns-search', domain]),
    ...(dns?.options ?? []).flatMap(({ name, value }) => ['--dns-option', value ? `${name}:${value}` : name]),
  ];
}

export const isMachinesNetwork = ({ network }: Pick<Place, 'network'>): boolean => network === 'host';

/** Of the sidecar: the runner's. A second dockerd in the machine's own network would fight the first for it. */
export const ownNetwork = (place: Place): string[] =>
  isMachinesNetwork(place) ? [] : ['--network', `container:${containerName(place.owner, RUNNER_PART)}`];
