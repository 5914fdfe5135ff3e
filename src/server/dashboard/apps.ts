import { createHash, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { notFound, UserError } from '../../common/errors.ts';
import type { App, AppList } from '../../protocol/dashboard/index.ts';
import {
  type AppRow,
  addAppKey,
  deleteApp,
  deleteAppKey,
  deleteInstallation,
  findApp,
  insertApp,
  installationsOf,
  keysOfApp,
  listApps,
  putInstallation,
  setAppPermissions,
} from '../../store/apps.ts';
import { findRepository } from '../../store/repositories.ts';
import { needs } from '../auth/access.ts';
import { AppPermissions } from '../auth/app-permissions.ts';
import { covers, type Place, parsePlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';

const Slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,38}$/, 'must be lower-case letters, digits and -');
const NewApp = z.object({ slug: Slug, name: z.string().min(1).max(100).optional(), permissions: AppPermissions });
const AppChange = z.object({ permissions: AppPermissions });
const KeyBody = z.object({ publicKey: z.string().max(10_000) });
const InstallBody = z.object({ repositories: z.array(z.string()).min(1).max(1_000).nullable().default(null) });
const AppParams = z.object({ slug: z.string() });
const KeyParams = AppParams.extend({ id: z.coerce.number().int().positive() });
const InstallParams = AppParams.extend({ account: z.string() });

/** Weaker keys can be broken. */
const LEAST_BITS = 2048;

const ADMIN = needs('admin', 'people', { place: 'server' });

/** GitHub Apps: what REST has no words for, since on GitHub they are made on its page. */
export function addApps(app: FastifyInstance, context: ServerContext): void {
  const { db, clock } = context;
  const now = (): string => isoTime(clock.now());
  app.get('/apps', ADMIN, async (): Promise<AppList> => {
    return { apps: await Promise.all((await listApps(db)).map((row) => viewApp(context, row))) };
  });
  app.post('/apps', ADMIN, async ({ body }, reply): Promise<App> => {
    const { slug, name = slug, permissions } = NewApp.parse(body);
    const client_id = `Iv1.${randomBytes(8).toString('hex')}`;
    const times = { created_at: now(), updated_at: now() };
    const row = await insertApp(db, { slug, name, client_id, permissions: JSON.stringify(permissions), ...times });
    if (!row) throw new UserError('name-taken', `There is an App ${slug} already.`, { status: 409 });
    reply.code(201);
    return viewApp(context, row);
  });
  app.patch('/apps/:slug', ADMIN, async ({ params, body }): Promise<App> => {
    const row = await appIn(context, params);
    const permissions = JSON.stringify(AppChange.parse(body).permissions);
    await setAppPermissions(db, row.id, permissions, now());
    return viewApp(context, { ...row, permissions });
  });
  app.delete('/apps/:slug', ADMIN, async ({ params }, reply) => {
    const { id } = await appIn(context, params);
    await db.transaction().execute((unit) => deleteApp(unit, id));
    return reply.code(204).send();
  });
  app.post('/apps/:slug/keys', ADMIN, async ({ params, body }, reply): Promise<App> => {
    const row = await appIn(context, params);
    const key = publicKeyIn(KeyBody.parse(body).publicKey);
    const fingerprint = createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('base64');
    const public_key = key.export({ type: 'spki', format: 'pem' }).toString();
    await addAppKey(db, { app_id: row.id, public_key, fingerprint, created_at: now() });
    reply.code(201);
    return viewApp(context, row);
  });
  app.delete('/apps/:slug/keys/:id', ADMIN, async ({ params }, reply) => {
    const { slug, id } = KeyParams.parse(params);
    if (!(await deleteAppKey(db, (await appIn(context, params)).id, id))) throw notFound(`Key ${id} of ${slug}`);
    return reply.code(204).send();
  });
  app.put('/apps/:slug/installations/:account', ADMIN, async ({ params, body }): Promise<App> => {
    const row = await appIn(context, params);
    const account = accountIn(params);
    const repositories = await repositoriesIn(context, account, InstallBody.parse(body ?? {}).repositories);
    await putInstallation(db, {
      app_id: row.id,
      account,
      account_key: account.toLowerCase(),
      repositories: JSON.stringify(repositories),
      created_at: now(),
      updated_at: now(),
    });
    return viewApp(context, row);
  });
  app.delete('/apps/:slug/installations/:account', ADMIN, async ({ params }, reply) => {
    const { id, slug } = await appIn(context, params);
    const key = accountIn(params).toLowerCase();
    const installation = (await installationsOf(db, id)).find(({ account_key }) => account_key === key);
    if (!installation) throw notFound(`An installation of ${slug} on ${key}`);
    await db.transaction().execute((unit) => deleteInstallation(unit, installation.id));
    return reply.code(204).send();
  });
}

/** @throws UserError 404 */
async function appIn({ db }: ServerContext, params: unknown): Promise<AppRow> {
  const { slug } = AppParams.parse(params);
  const row = await findApp(db, slug);
  if (!row) throw notFound(`The App ${slug}`);
  return row;
}

/** @throws UserError 422 */
function accountIn(params: unknown): string {
  const { account } = InstallParams.parse(params);
  if (!parsePlace(account).includes('/') && account !== '*') return account;
  throw new UserError('bad-place', `"${account}" is no owner of repositories.`, { hint: 'Give one name.' });
}

/** @throws UserError 422 for those that do not exist, or belong to somebody else */
async function repositoriesIn({ db }: ServerContext, account: string, names: string[] | null): Promise<Place[] | null> {
  if (names === null) return null;
  for (const name of names) {
    const [owner = '', repository = ''] = name.split('/');
    if (covers(account.toLowerCase(), name.toLowerCase()) && (await findRepository(db, owner, repository))) continue;
    throw new UserError('no-such-repository', `${account} has no repository ${name}.`, { hint: 'Give OWNER/NAME.' });
  }
  return names.map((name) => name.toLowerCase());
}

/** @throws UserError 422 for what is no public RSA key, or a short one */
function publicKeyIn(text: string): KeyObject {
  const key = parsed(text);
  if (key?.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_BITS) return key;
  throw new UserError('bad-public-key', `publicKey is no public RSA key of at least ${LEAST_BITS} bits in PEM.`);
}

function parsed(text: string): KeyObject | undefined {
  // Else a private key would be taken too, and lie in the request.
  if (!text.includes('PUBLIC KEY')) return undefined;
  try {
    return createPublicKey(text);
  } catch {
    return undefined;
  }
}

async function viewApp({ db }: ServerContext, row: AppRow): Promise<App> {
  const [keys, installations] = await Promise.all([keysOfApp(db, row.id), installationsOf(db, row.id)]);
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    clientId: row.client_id,
    permissions: JSON.parse(row.permissions),
    keys: keys.map(({ id, fingerprint, created_at }) => ({ id, fingerprint, createdAt: created_at })),
    installations: installations.map(({ id, account, repositories, created_at }) => ({
      id,
      account,
      repositories: JSON.parse(repositories),
      createdAt: created_at,
    })),
    createdAt: row.created_at,
  };
}
