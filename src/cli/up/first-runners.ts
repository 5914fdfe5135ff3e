import { join } from 'node:path';
import { packageRoot } from '../../common/package.ts';
import { FleetClient } from '../client/fleet-client.ts';
import { readManifests } from '../client/manifests.ts';
import type { RunningFleet } from '../platform/programs.ts';

/** The runners that a new fleet begins with. */
export async function applyFirstRunners({ url, token }: RunningFleet, signal: AbortSignal): Promise<void> {
  const manifests = await readManifests(join(packageRoot, 'examples', 'runners.yaml'));
  const client = new FleetClient({ url, token }, 'default');
  const kinds = await client.kinds(signal);
  for (const manifest of manifests) await client.apply(kinds.ofManifest(manifest), manifest.resource, signal);
}
