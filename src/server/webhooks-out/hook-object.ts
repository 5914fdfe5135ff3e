import type { DeliveryWithMessage, HookRow } from '../../store/hooks.ts';
import type { HookHome } from './places.ts';

/** Stands for a secret that cannot be read again, as on GitHub. */
const HIDDEN = '********';

/** GitHub's `hook`. @param url of the hook itself */
export function hookObject(type: HookHome['type'], url: string, hook: HookRow, last?: DeliveryWithMessage) {
  return {
    type,
    id: hook.id,
    name: 'web',
    active: hook.active === 1,
    events: JSON.parse(hook.events) as string[],
    config: configObject(hook),
    created_at: hook.created_at,
    updated_at: hook.updated_at,
    url,
    ping_url: `${url}/pings`,
    deliveries_url: `${url}/deliveries`,
    ...(type === 'Repository' && { test_url: `${url}/tests`, last_response: lastResponse(last) }),
  };
}

export const configObject = ({ url, content_type, insecure_ssl, secret }: HookRow) => ({
  url,
  content_type,
  insecure_ssl: String(insecure_ssl),
  ...(secret !== null && { secret: HIDDEN }),
});

const lastResponse = (last: DeliveryWithMessage | undefined) =>
  last
    ? { code: last.status_code || null, status: last.status === 'OK' ? 'active' : 'error', message: last.status }
    : { code: null, status: 'unused', message: null };

/** GitHub's short form of a delivery. */
export const deliveryObject = (row: DeliveryWithMessage) => ({
  id: row.id,
  guid: row.guid,
  delivered_at: row.delivered_at,
  redelivery: row.redelivery === 1,
  duration: row.duration_ms / 1_000,
  status: row.status,
  status_code: row.status_code,
  event: row.event,
  action: row.action,
  installation_id: null,
  repository_id: row.repository_id,
  throttled_at: null,
});

export const fullDeliveryObject = (row: DeliveryWithMessage, { url }: HookRow) => ({
  ...deliveryObject(row),
  url,
  request: { headers: JSON.parse(row.request_headers), payload: JSON.parse(row.payload) },
  response: { headers: JSON.parse(row.response_headers), payload: row.response_body || null },
});
