import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HookReceiver, signatureOf } from '../../../test/support/hook-receiver.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { waitFor } from '../../../test/support/wait.ts';
import type { Logger } from '../log.ts';
import { silentLogger } from '../log.ts';
import { parseConfig } from './config.ts';
import type { Notice } from './notice.ts';
import { Notifier } from './notifier.ts';
import { type Posts, postsInMemory } from './posts.ts';

const deployment = (state: string, isGood = true): Notice => ({
  kind: 'deployments',
  subject: 'deployment:1',
  state,
  title: `app: production ${state}`,
  text: 'by <@U1> & "me"',
  url: 'http://127.0.0.1/runs/7',
  isGood,
  repository: 'me/app',
  environment: 'production',
});
const failure = (branch: string): Notice => ({
  ...deployment('failure', false),
  kind: 'failures',
  subject: `workflow:me/app:ci:${branch}`,
  title: `ci failed on ${branch}`,
  branch,
});

function started(receiver: object, more: { clock?: ManualClock; logger?: Logger; posts?: Posts } = {}): Notifier {
  const rules = [{ to: 'team', tell: ['deployments', 'failures'] }];
  const config = parseConfig(JSON.stringify({ receivers: [{ name: 'team', ...receiver }], rules }), 'n.yaml');
  const notifier = new Notifier({ config, clock: new ManualClock(), logger: silentLogger, ...more });
  onTestFinished(() => notifier.close());
  return notifier;
}

async function receiving(): Promise<HookReceiver> {
  const receiver = await HookReceiver.start();
  onTestFinished(() => receiver.close());
  return receiver;
}

const arrived = (receiver: HookReceiver, count: number) =>
  waitFor(`${count} messages`, async () => (receiver.hooks.length >= count ? receiver.hooks : undefined));

/** As much of Slack's API as posts and changes messages. */
async function slackApi() {
  const calls: { method: string; token: string | undefined; body: Record<string, unknown> }[] = [];
  const api = { calls, url: '', error: undefined as string | undefined, updateError: undefined as string | undefined };
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    calls.push({ method: request.url ?? '', token: request.headers.authorization, body });
    const error = request.url === '/chat.update' ? (api.updateError ?? api.error) : api.error;
    const answer = error ? { ok: false, error } : { ok: true, channel: 'C1', ts: '17.42' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return api;
}

describe('notifications', () => {
  it('posts to an incoming webhook as Slack takes it, with text of others escaped', async () => {
    const receiver = await receiving();
    started({ slack: { url: receiver.url } }).tell(deployment('in_progress'));
    const [hook] = await arrived(receiver, 1);
    expect(hook?.payload).toEqual({
      text: 'app: production in_progress',
      attachments: [
        {
          color: '#2da44e',
          mrkdwn_in: ['text'],
          text: '*app: production in_progress*\nme/app · production\nby &lt;@U1&gt; &amp; "me"\n<http://127.0.0.1/runs/7|Details>',
        },
      ],
    });
  });

  it('lets no address of others end a link and mention everybody', async () => {
    const receiver = await receiving();
    started({ slack: { url: receiver.url } }).tell({ ...deployment('success'), url: 'http://x/|a> <!channel>' });
    const [hook] = await arrived(receiver, 1);
    expect(hook?.body).toContain('<http://x/%7Ca&gt; &lt;!channel&gt;|Details>');
  });

  it('changes the message of a deployment where Slack lets it, and posts others anew', async () => {
    const api = await slackApi();
    const notifier = started({ slack: { token: 'xoxb-secret', channel: '#deploys', api: api.url } });
    notifier.tell(deployment('in_progress'));
    notifier.tell(deployment('success'));
    notifier.tell(failure('main'));
    await waitFor('three calls', async () => (api.calls.length === 3 ? true : undefined));
    expect(api.calls.map(({ method, token, body }) => [method, token, body.channel, body.ts, body.text])).toEqual([
      ['/chat.postMessage', 'Bearer xoxb-secret', '#deploys', undefined, 'app: production in_progress'],
      ['/chat.update', 'Bearer xoxb-secret', 'C1', '17.42', 'app: production success'],
      ['/chat.postMessage', 'Bearer xoxb-secret', '#deploys', undefined, 'ci failed on main'],
    ]);
  });

  it('changes the message of an earlier start that kept where it is', async () => {
    const api = await slackApi();
    const receiver = { slack: { token: 'xoxb-secret', channel: '#deploys', api: api.url } };
    const posts = postsInMemory();
    const first = started(receiver, { posts });
    first.tell(deployment('in_progress'));
    await waitFor('the message to be kept', () => posts.find('team', 'deployment:1'));
    await first.close();
    started(receiver, { posts }).tell(deployment('success'));
    await waitFor('two calls', async () => (api.calls.length === 2 ? true : undefined));
    expect(api.calls[1]).toMatchObject({ method: '/chat.update', body: { channel: 'C1', ts: '17.42' } });
  });

  it('posts anew what Slack does not let it change any more', async () => {
    const api = await slackApi();
    const notifier = started({ slack: { token: 'xoxb-secret', channel: '#deploys', api: api.url } });
    api.updateError = 'message_not_found';
    notifier.tell(deployment('in_progress'));
    notifier.tell(deployment('success'));
    await waitFor('three calls', async () => (api.calls.length === 3 ? true : undefined));
    expect(api.calls.map(({ method }) => method)).toEqual(['/chat.postMessage', '/chat.update', '/chat.postMessage']);
    expect(api.calls[2]?.body).toMatchObject({ channel: '#deploys', text: 'app: production success' });
  });

  it('signs what it posts to any other receiver, with the key of the message that changes', async () => {
    const receiver = await receiving();
    started({ webhook: { url: receiver.url, secret: 'shared' } }).tell(deployment('success'));
    const [hook] = await arrived(receiver, 1);
    expect(hook?.payload).toEqual({
      key: 'deployment:1',
      title: 'app: production success',
      notices: [deployment('success')],
    });
    expect(hook?.headers['x-hub-signature-256']).toBe(signatureOf('shared', hook?.body ?? ''));
  });

  it('tries again with back-off, in order, and writes neither URL nor token into the log', async () => {
    const receiver = await receiving();
    const clock = new ManualClock();
    const lines: string[] = [];
    const note = (...parts: unknown[]): void => void lines.push(JSON.stringify(parts));
    const logger = { ...silentLogger, warn: note, error: note } as Logger;
    receiver.answer = ({ payload }) => (receiver.hooks.length < 3 && payload.key ? 503 : 200);
    const notifier = started({ webhook: { url: `${receiver.url}/secret-path` } }, { clock, logger });
    notifier.tell(deployment('in_progress'));
    notifier.tell(failure('main'));
    for (const tries of [1, 2]) {
      await arrived(receiver, tries);
      await waitFor('the wait', async () => (clock.pending > 0 ? true : undefined));
      clock.advance(10_000);
    }
    const hooks = await arrived(receiver, 4);
    expect(hooks.map(({ payload }) => payload.title)).toEqual([
      ...Array.from({ length: 3 }, () => 'app: production in_progress'),
      'ci failed on main',
    ]);
    expect(lines).toHaveLength(2);
    expect(lines.join()).toContain('The receiver answered 503.');
    expect(lines.join()).not.toContain('secret-path');
  });

  it('gives up at once what the receiver refuses for good, and goes on with the next', async () => {
    const api = await slackApi();
    api.error = 'channel_not_found';
    const notifier = started({ slack: { token: 'xoxb-secret', channel: '#gone', api: api.url } });
    notifier.tell(failure('a'));
    notifier.tell(failure('b'));
    await waitFor('both', async () => (api.calls.length === 2 ? true : undefined));
    expect(api.calls.map(({ body }) => body.text)).toEqual(['ci failed on a', 'ci failed on b']);
  });

  it('ends at once while a receiver hangs, and while it waits to try again', async () => {
    const receiver = await receiving();
    receiver.answer = () => undefined;
    const hanging = started({ webhook: { url: receiver.url } });
    hanging.tell(failure('main'));
    await arrived(receiver, 1);
    await hanging.close();
    const clock = new ManualClock();
    const unreachable = started({ webhook: { url: 'http://127.0.0.1:1/' } }, { clock });
    unreachable.tell(failure('main'));
    await waitFor('the wait', async () => (clock.pending > 0 ? true : undefined));
    await unreachable.close();
    expect(clock.pending).toBe(0);
  });
});
