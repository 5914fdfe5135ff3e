/** OpenAPI documents of the kinds, for `kubectl explain`, its own checks, and to tell it what the API can. */
import type { FastifyInstance } from 'fastify';
import { sha256Hex } from '../../../common/ids.ts';
import type { Kind } from '../../resources/kind.ts';
import { type ApiGroup, groupPath } from '../../resources/object.ts';
import { definitionName, gvkOf, META, META_NAME, schemaOf } from './schemas.ts';
import { VERSION_2_TYPE, version2 } from './version-2.ts';

/** What kubectl looks for before it trusts the API with a rehearsal, or with finding unknown fields. */
const PATCH_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation', 'force'];
const REF_BASE = '#/components/schemas/';

export function openApiRoutes(app: FastifyInstance, kinds: Kind[]): void {
  const groups = [...new Set(kinds.map(({ group }) => group))];
  // Made when somebody asks, and then kept: kinds do not change while the program runs.
  let second: Buffer | undefined;
  const third = new Map<ApiGroup, string>();
  const documentOf = (group: ApiGroup): string => {
    const document = third.get(group) ?? JSON.stringify(version3(kinds.filter((kind) => kind.group === group)));
    third.set(group, document);
    return document;
  };
  app.get('/openapi/v2', async (_request, reply) => {
    second ??= version2(kinds, itemPath, PATCH_PARAMETERS);
    return reply.type(VERSION_2_TYPE).send(second);
  });
  app.get('/openapi/v3', async () => {
    const entries = groups.map((group) => {
      const path = groupPath(group);
      const hash = sha256Hex(documentOf(group)).slice(0, 32);
      return [path.slice(1), { serverRelativeURL: `/openapi/v3${path}?hash=${hash}` }];
    });
    return { paths: Object.fromEntries(entries) };
  });
  for (const group of groups) {
    app.get(`/openapi/v3${groupPath(group)}`, async (_request, reply) =>
      reply.type('application/json').send(documentOf(group)),
    );
  }
}

const itemPath = ({ group, plural, isClusterWide }: Kind): string =>
  `${groupPath(group)}${isClusterWide ? '' : '/namespaces/{namespace}'}/${plural}/{name}`;

function version3(kinds: Kind[]): object {
  const schemas = kinds.map((kind) => [definitionName(kind), schemaOf(kind, REF_BASE)]);
  return {
    openapi: '3.0.0',
    info: { title: 'Switchyard fleet', version: 'v1' },
    paths: Object.fromEntries(kinds.map((kind) => [itemPath(kind), pathItem(kind)])),
    components: { schemas: { ...Object.fromEntries(schemas), [META_NAME]: META } },
  };
}

/** `kubectl explain` finds a kind by the plural in a path that can be got. */
function pathItem(kind: Kind): object {
  const operation = (action: string, parameters: string[]) => ({
    parameters: parameters.map((name) => ({ name, in: 'query', schema: { type: 'string' } })),
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvkOf(kind),
  });
  return { get: operation('get', []), patch: operation('patch', PATCH_PARAMETERS) };
}
