import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { listSecrets, putSecret, type SecretFacts } from '../../store/secrets.ts';
import { deleteSetting, findSharing, type Sharing, UNSHARED } from '../../store/setting-owners.ts';
import { boxKey, openBox } from '../auth/sealed-boxes.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { onPage } from './requests.ts';
import { assertRoom, ORGANIZATION, SETTING_PLACES, type SettingPlace } from './setting-places.ts';
import { nameInPath, settingName, settingValue } from './setting-requests.ts';
import { sharedRepositoryRoutes, sharingFields, sharingOf } from './setting-sharing.ts';

const PutRequest = z.looseObject({ encrypted_value: z.string().max(128 * 1024), key_id: z.string().max(100) });

/** https://docs.github.com/rest/actions/secrets */
export function secretRoutes(app: FastifyInstance, context: ServerContext): void {
  for (const place of SETTING_PLACES) addRoutes(app, context, place);
  sharedRepositoryRoutes(app, context, 'secrets');
}

function addRoutes(app: FastifyInstance, context: ServerContext, place: SettingPlace): void {
  const base = `${place.prefix}/secrets`;
  const { db } = context;
  app.get(base, place.read('secrets'), async (request, reply) => {
    const secrets = await listSecrets(db, await place.ownerOf(context, request));
    const shown = onPage(context, request, reply, secrets);
    return { total_count: secrets.length, secrets: shown.map((secret) => secretObject(context, request, secret)) };
  });
  app.get(`${base}/public-key`, place.read('secrets'), async (request) => {
    await place.ownerOf(context, request);
    const { id, publicKey } = await boxKey(context.keys);
    return { key_id: id, key: publicKey };
  });
  app.get(`${base}/:name`, place.read('secrets'), async (request) => {
    const secrets = await listSecrets(db, await place.ownerOf(context, request));
    const secret = secrets.find(({ name }) => name === nameInPath(request));
    if (!secret) throw notFoundOnGitHub();
    return secretObject(context, request, secret);
  });
  app.put(`${base}/:name`, place.write('secrets'), async (request, reply) => {
    const isNew = await put(context, place, request);
    return isNew ? reply.code(201).send({}) : reply.code(204).send();
  });
  app.delete(`${base}/:name`, place.write('secrets'), async (request, reply) => {
    const owner = await place.ownerOf(context, request);
    if (!(await deleteSetting(db, 'secrets', owner, nameInPath(request)))) throw notFoundOnGitHub();
    return reply.code(204).send();
  });
}

/** @returns whether there was none of this name */
async function put(context: ServerContext, place: SettingPlace, request: FastifyRequest): Promise<boolean> {
  const { encrypted_value: box, key_id: keyId } = PutRequest.parse(request.body);
  const value = await openBox(context.keys, box, keyId);
  return saveSecret(context, place, request, value, (known) => sharingOf(context, request, known));
}

/**
 * Keeps a secret for the owner and by the name in the path.
 * @param share with whom an organization shares it, given what holds of one that is there already
 * @returns whether there was none of this name
 */
export async function saveSecret(
  context: ServerContext,
  place: SettingPlace,
  request: FastifyRequest,
  value: string,
  share: (known: Sharing | undefined) => Promise<Sharing>,
): Promise<boolean> {
  const { db, keys, clock } = context;
  const owner = await place.ownerOf(context, request);
  const name = settingName(nameInPath(request));
  const sealed = keys.seal(settingValue(value));
  const known = await findSharing(db, 'secrets', owner, name);
  if (!known) await assertRoom(context, place, 'secrets', owner);
  const sharing = place === ORGANIZATION ? await share(known) : UNSHARED;
  await putSecret(db, { owner, name, sealed, sharing }, clock.now());
  return known === undefined;
}

function secretObject(context: ServerContext, request: FastifyRequest, secret: SecretFacts) {
  const { name, created_at, updated_at } = secret;
  return { name, created_at, updated_at, ...sharingFields(context, request, 'secrets', secret) };
}
