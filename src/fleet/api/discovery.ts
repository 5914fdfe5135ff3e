/** How a Kubernetes client finds out what there is. */
import type { FastifyInstance } from 'fastify';
import { version } from '../../common/package.ts';
import { kinds } from '../resources/index.ts';
import {
  type ApiGroup,
  CORE_GROUP,
  groupPath,
  groupVersion,
  LEGACY_GROUP,
  SCALE_SET_GROUP,
} from '../resources/object.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const PART_VERBS = ['get', 'patch', 'update'];

/** Clients compare these numbers with their own; the features used here are those of 1.27. */
const KUBERNETES_VERSION = { major: '1', minor: '27', gitVersion: `v1.27.0+switchyard-${version}` };

const GROUPS: ApiGroup[] = [LEGACY_GROUP, SCALE_SET_GROUP];

export async function discovery(app: FastifyInstance): Promise<void> {
  app.get('/version', async () => ({ ...KUBERNETES_VERSION, platform: `${process.platform}/${process.arch}` }));
  app.get('/api', async () => ({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }));
  app.get('/apis', async () => ({ kind: 'APIGroupList', apiVersion: 'v1', groups: GROUPS.map(describeGroup) }));
  definitions(app);
  for (const group of GROUPS) {
    app.get(`/apis/${group}`, async () => ({ kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group) }));
  }
  for (const group of [CORE_GROUP, ...GROUPS] as const) {
    const resources = kinds.filter((kind) => kind.group === group).flatMap(resourcesOf);
    const events = group === CORE_GROUP ? [eventResource] : [];
    app.get(groupPath(group), async () => resourceList(groupVersion(group), [...resources, ...events]));
  }
}

/** What kubectl asks when it meets a kind that it was not told of, before it says so. */
function definitions(app: FastifyInstance): void {
  const apiVersion = 'apiextensions.k8s.io/v1';
  const list = { kind: 'CustomResourceDefinitionList', apiVersion, metadata: { resourceVersion: '0' }, items: [] };
  app.get(`/apis/${apiVersion}/customresourcedefinitions`, async () => list);
}

function describeGroup(group: ApiGroup) {
  const version = { groupVersion: groupVersion(group), version: 'v1alpha1' };
  return { name: group, versions: [version], preferredVersion: version };
}

const resourceList = (groupVersion: string, resources: object[]) => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources,
});

const eventResource = {
  name: 'events',
  singularName: 'event',
  namespaced: true,
  kind: 'Event',
  shortNames: ['ev'],
  verbs: ['get', 'list', 'watch'],
};

function resourcesOf({ group, kind, plural, singular, shortNames, isClusterWide, isScalable }: (typeof kinds)[number]) {
  const namespaced = !isClusterWide;
  // What `kubectl get all` shows.
  const categories = group ? { categories: ['all'] } : {};
  const resource = { name: plural, singularName: singular, namespaced, kind, shortNames, verbs: VERBS, ...categories };
  const part = { singularName: '', namespaced, verbs: PART_VERBS };
  return [
    resource,
    ...(group ? [{ ...part, name: `${plural}/status`, kind }] : []),
    ...(isScalable ? [{ ...part, name: `${plural}/scale`, kind: 'Scale', group: 'autoscaling', version: 'v1' }] : []),
  ];
}
