import { HookReceiver } from '../../hook-receiver.ts';
import { waitFor } from '../../wait.ts';
import { type RestClient, repositoryWith } from '../client.ts';

/** Webhooks of a repository, an organization and the whole server, with a receiver that takes them. */
export async function hooks(api: RestClient): Promise<void> {
  const repository = await repositoryWith(api, 'hooked', { 'README.md': '' });
  const receiver = await HookReceiver.start();
  try {
    for (const place of [repository, '/orgs/me', '/admin']) await hooksOf(api, `${place}/hooks`, receiver);
  } finally {
    await receiver.close();
  }
}

async function hooksOf(api: RestClient, base: string, receiver: HookReceiver): Promise<void> {
  const config = { url: receiver.url, content_type: 'json', secret: 'It is one.' };
  const { id } = await api.post(base, { name: 'web', config, events: ['push'] });
  const hook = `${base}/${id}`;
  await api.get(base);
  await api.get(hook);
  await api.patch(hook, { events: ['push', 'workflow_run'] });
  if (!base.startsWith('/admin')) {
    await api.get(`${hook}/config`);
    await api.patch(`${hook}/config`, { content_type: 'json' });
  }
  await api.post(`${hook}/pings`);
  const [delivery] = await waitFor('a delivery', async () => {
    const all = await api.get(`${hook}/deliveries`);
    return all.length > 0 && all;
  });
  await api.get(`${hook}/deliveries/${delivery.id}`);
  await api.post(`${hook}/deliveries/${delivery.id}/attempts`);
  await api.delete(hook);
}
