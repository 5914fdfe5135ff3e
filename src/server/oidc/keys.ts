/** Keys that sign OIDC tokens. The next one is published long before it signs, so that no verifier meets one it has not seen. */
import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { isoTime } from '../../common/clock.ts';
import { newGuid } from '../../common/ids.ts';
import { deleteOidcKeys, insertOidcKey, moveOidcKey, type OidcKeyRow, oidcKeys } from '../../store/oidc.ts';
import type { ServerContext } from '../context.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const SIGNS_MS = 60 * DAY_MS;
/** Longer than any token is valid. */
const RETIRED_MS = DAY_MS;

export const SIGNING_ALGORITHM = 'RS256';

type Deps = Pick<ServerContext, 'db' | 'keys' | 'clock' | 'turns'>;

/** The key that signs now. */
export async function signingKey(context: Deps): Promise<{ kid: string; key: CryptoKey | Uint8Array }> {
  const rows = await currentKeys(context);
  const row = rows.find(({ state }) => state === 'signing');
  if (!row) throw new Error('no OIDC key signs');
  const jwk = JSON.parse(context.keys.open(row.sealed)) as JWK;
  return { kid: row.id, key: await importJWK(jwk, SIGNING_ALGORITHM) };
}

/** What verifiers may need: the key that signs, the next one, and the last one while its tokens are valid. */
export async function publishedKeys(context: Deps): Promise<JWK[]> {
  const rows = await currentKeys(context);
  return rows.map(({ id, public_key }) => ({
    ...(JSON.parse(public_key) as JWK),
    kid: id,
    use: 'sig',
    alg: SIGNING_ALGORITHM,
  }));
}

/** For housekeeping: lets the next key sign once the present one has done so for long enough. Nothing before the first token. */
export async function rotateKeys(context: Deps): Promise<void> {
  const now = context.clock.now();
  await deleteOidcKeys(context.db, isoTime(now - RETIRED_MS));
  const rows = await oidcKeys(context.db);
  const signing = rows.find(({ state }) => state === 'signing');
  const next = rows.find(({ state }) => state === 'announced');
  if (!signing || !next || Date.parse(signing.since) + SIGNS_MS > now) return;
  const fresh = await newKey(context, 'announced');
  await context.db.transaction().execute(async (db) => {
    await moveOidcKey(db, signing.id, 'retired', isoTime(now));
    await moveOidcKey(db, next.id, 'signing', isoTime(now));
    await insertOidcKey(db, fresh);
  });
}

/** They are made when they are first asked for: many servers never are. */
async function currentKeys(context: Deps): Promise<OidcKeyRow[]> {
  const rows = await oidcKeys(context.db);
  if (rows.length > 0) return rows;
  return context.turns.take('oidc-keys', async () => {
    const made = await oidcKeys(context.db);
    if (made.length > 0) return made;
    const first = [await newKey(context, 'signing'), await newKey(context, 'announced')];
    await context.db.transaction().execute(async (db) => {
      for (const key of first) await insertOidcKey(db, key);
    });
    return first;
  });
}

async function newKey({ keys, clock }: Deps, state: OidcKeyRow['state']): Promise<OidcKeyRow> {
  const { privateKey, publicKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  return {
    id: newGuid(),
    public_key: JSON.stringify(await exportJWK(publicKey)),
    sealed: keys.seal(JSON.stringify(await exportJWK(privateKey))),
    state,
    since: isoTime(clock.now()),
  };
}
