/** The file notifications.yaml: who is told, and of what. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorText, hasErrorCode, UserError } from '../errors.ts';
import { readOrCreateKey, type Sealing, sealingWith } from '../sealing.ts';
import { NOTICE_KINDS } from './notice.ts';

const MAX_BYTES = 2 ** 18;
const MAX_ALIASES = 100;

/** In clear, or `sealed:` and what `switchyard notify seal` printed. */
const secret = z.string().min(1).max(4_096);
const patterns = z.array(z.string().min(1).max(256)).max(100).optional();

const Slack = z.strictObject({
  /** Incoming webhook: posts, and cannot change what it posted. */
  url: secret.optional(),
  /** Bot token with chat:write: changes what it posted. */
  token: secret.optional(),
  channel: z.string().min(1).max(80).optional(),
  /** Of Slack's API, for what speaks it like Slack. */
  api: z.url({ protocol: /^https?$/ }).default('https://slack.com/api'),
});

const Webhook = z.strictObject({ url: secret, secret: secret.optional() });

const Receiver = z.strictObject({
  name: z.string().min(1).max(80),
  slack: Slack.optional(),
  webhook: Webhook.optional(),
});
export type Receiver = z.infer<typeof Receiver>;

export const Rule = z.strictObject({
  to: z.string().min(1),
  tell: z.array(z.enum(NOTICE_KINDS)).min(1),
  repositories: patterns,
  workflows: patterns,
  environments: patterns,
  branches: patterns,
  conclusions: patterns,
  pools: patterns,
  /** One line with `{{field}}`; default the notice's own title. */
  template: z.string().min(1).max(2_000).optional(),
});
export type Rule = z.infer<typeof Rule>;

const NotificationsFile = z.strictObject({
  receivers: z.array(Receiver).max(50),
  rules: z.array(Rule).max(200),
  /** The same trouble is told to one receiver once in this time. */
  throttleMinutes: z.number().min(0).max(1_440).default(15),
  /** More than this many messages in a minute to one receiver become one. */
  digestAfter: z.int().min(1).max(1_000).default(5),
});
export type NotificationsConfig = z.infer<typeof NotificationsFile>;

/** Secrets of it are opened. Undefined when there is no file. @throws UserError `bad-notifications` naming file and field */
export async function readConfig(file: string): Promise<NotificationsConfig | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return undefined;
    throw bad(file, errorText(error));
  });
  return text === undefined ? undefined : opened(parseConfig(text, file), file);
}

/** @throws UserError `bad-notifications` */
export function parseConfig(text: string, file: string): NotificationsConfig {
  if (Buffer.byteLength(text) > MAX_BYTES) throw bad(file, 'it is bigger than 256 KiB');
  const read = NotificationsFile.safeParse(yaml(text, file));
  if (!read.success) throw bad(file, z.prettifyError(read.error).replaceAll('\n', ' '));
  const config = read.data;
  const names = config.receivers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw bad(file, `two receivers are called ${twice}`);
  for (const receiver of config.receivers) checkReceiver(receiver, file);
  const unknown = config.rules.find(({ to }) => !names.includes(to));
  if (unknown) throw bad(file, `a rule is for ${unknown.to}, and no receiver is called so`);
  return config;
}

function checkReceiver({ name, slack, webhook }: Receiver, file: string): void {
  if ((slack === undefined) === (webhook === undefined)) throw bad(file, `${name} needs one of slack and webhook`);
  if (!slack) return;
  const hasApi = slack.token !== undefined && slack.channel !== undefined;
  if (hasApi === (slack.url !== undefined)) throw bad(file, `${name} needs either url, or token and channel`);
}

function yaml(text: string, file: string): unknown {
  try {
    return parse(text, { maxAliasCount: MAX_ALIASES });
  } catch (error) {
    // The message of a parser may quote the text, and so a secret.
    const { linePos } = error as { linePos?: { line: number }[] };
    throw bad(file, `line ${linePos?.[0]?.line ?? 1} is no YAML`);
  }
}

const bad = (file: string, problem: string): UserError =>
  new UserError('bad-notifications', `${file}: ${problem}.`, { hint: 'See docs/how-to/notifications.md.' });

const SEALED = 'sealed:';

/** By a key that lies beside the file, so that a copy of the file alone opens nothing. */
const sealingOf = async (file: string): Promise<Sealing> =>
  sealingWith(await readOrCreateKey(join(dirname(file), 'notifications.key')));

/** What stands in the file in place of a secret. @param file of the rules */
export async function sealed(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  return SEALED + (await sealingOf(file)).seal(text);
}

async function opened(config: NotificationsConfig, file: string): Promise<NotificationsConfig> {
  const open = async (text: string): Promise<string> => {
    if (!text.startsWith(SEALED)) return text;
    const sealing = await sealingOf(file);
    try {
      return sealing.open(text.slice(SEALED.length));
    } catch {
      throw bad(file, 'a sealed secret cannot be opened with the notifications.key beside it');
    }
  };
  const receivers = await Promise.all(config.receivers.map((receiver) => openedReceiver(receiver, open, file)));
  return { ...config, receivers };
}

async function openedReceiver(
  { name, slack, webhook }: Receiver,
  open: (text: string) => Promise<string>,
  file: string,
): Promise<Receiver> {
  const optional = async (text: string | undefined) => (text === undefined ? undefined : open(text));
  const result: Receiver = {
    name,
    ...(slack && { slack: { ...slack, url: await optional(slack.url), token: await optional(slack.token) } }),
    ...(webhook && { webhook: { url: await open(webhook.url), secret: await optional(webhook.secret) } }),
  };
  const url = result.slack?.url ?? result.webhook?.url;
  const isUrl = url === undefined || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol));
  if (!isUrl) throw bad(file, `the url of ${name} is not an http or https URL`);
  return result;
}
