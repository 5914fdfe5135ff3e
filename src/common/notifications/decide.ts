/** Who is told of a notice, and when: rules, throttle and digest. Pure. */
import type { NotificationsConfig, Rule } from './config.ts';
import { isUpdated, type Notice } from './notice.ts';

export interface Message {
  /** Name of the receiver. */
  to: string;
  /** Messages with the same key are one that changes, where the receiver can. */
  key?: string;
  title: string;
  notices: Notice[];
}

export interface NotifierState {
  /** By receiver, subject and state: when it was told, and how often since then it was not. */
  told: ReadonlyMap<string, { atMs: number; unsaid: number }>;
  receivers: ReadonlyMap<string, ReceiverState>;
}

interface ReceiverState {
  /** When messages went out in the last minute. */
  sentMs: readonly number[];
  /** What waits to go out as one. */
  held: readonly Message[];
  /** When that is. */
  flushMs?: number;
}

export interface Decision {
  state: NotifierState;
  messages: Message[];
}

export const NOTHING_TOLD: NotifierState = { told: new Map(), receivers: new Map() };

const MINUTE_MS = 60_000;
const NO_RECEIVER: ReceiverState = { sentMs: [], held: [] };

export function decide(state: NotifierState, config: NotificationsConfig, notice: Notice, nowMs: number): Decision {
  let decided: Decision = { state: forgotten(state, config, nowMs), messages: [] };
  const receivers = new Set<string>();
  for (const rule of config.rules) {
    // The first rule for a receiver says how; one message is enough.
    if (receivers.has(rule.to) || !matches(rule, notice)) continue;
    receivers.add(rule.to);
    decided = told(decided, config, rule, notice, nowMs);
  }
  return decided;
}

/** Sends what was held back, where its time has come. */
export function flush(state: NotifierState, nowMs: number): Decision {
  const receivers = new Map(state.receivers);
  const messages: Message[] = [];
  for (const [name, receiver] of state.receivers) {
    if (receiver.flushMs === undefined || receiver.flushMs > nowMs) continue;
    messages.push(...digests(name, receiver.held));
    receivers.set(name, { sentMs: [nowMs], held: [] });
  }
  return { state: { ...state, receivers }, messages };
}

/** When something that is held back is due; undefined when nothing is. */
export function nextFlushMs({ receivers }: NotifierState): number | undefined {
  const times = [...receivers.values()].flatMap(({ flushMs }) => flushMs ?? []);
  return times.length > 0 ? Math.min(...times) : undefined;
}

export function matches(rule: Rule, notice: Notice): boolean {
  if (!rule.tell.includes(notice.kind)) return false;
  return (
    isAmong(rule.repositories, notice.repository) &&
    isAmong(rule.workflows, notice.workflow) &&
    isAmong(rule.environments, notice.environment) &&
    isAmong(rule.branches, notice.branch) &&
    isAmong(rule.conclusions, notice.conclusion) &&
    isAmong(rule.pools, notice.pool)
  );
}

/** `*` stands for any text. What a notice does not have, a rule that asks for it does not match. */
function isAmong(patterns: readonly string[] | undefined, value: string | undefined): boolean {
  if (patterns === undefined) return true;
  return value !== undefined && patterns.some((pattern) => isLike(pattern.toLowerCase(), value.toLowerCase()));
}

/** Without a regular expression: patterns are others' text, and must not be able to take long. */
function isLike(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === text;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

function told(
  { state, messages }: Decision,
  config: NotificationsConfig,
  rule: Rule,
  notice: Notice,
  nowMs: number,
): Decision {
  const key = JSON.stringify([rule.to, notice.subject, notice.state]);
  const before = isUpdated(notice) ? undefined : state.told.get(key);
  if (before && nowMs - before.atMs < config.throttleMinutes * MINUTE_MS) {
    const unsaid = new Map(state.told).set(key, { ...before, unsaid: before.unsaid + 1 });
    return { state: { ...state, told: unsaid }, messages };
  }
  const again = before && before.unsaid > 0 ? ` (${before.unsaid} more times since ${clockTime(before.atMs)})` : '';
  const message: Message = {
    to: rule.to,
    ...(isUpdated(notice) && { key: notice.subject }),
    title: titleOf(rule, notice) + again,
    notices: [notice],
  };
  const noted = isUpdated(notice) ? state.told : new Map(state.told).set(key, { atMs: nowMs, unsaid: 0 });
  return sentOrHeld({ state: { ...state, told: noted }, messages }, config, message, nowMs);
}

/** What changes a message that is out, or the last of a burst, is held with the others: order stays. */
function sentOrHeld(
  { state, messages }: Decision,
  config: NotificationsConfig,
  message: Message,
  nowMs: number,
): Decision {
  const before = state.receivers.get(message.to) ?? NO_RECEIVER;
  const sentMs = before.sentMs.filter((at) => nowMs - at < MINUTE_MS);
  const isFree = before.held.length === 0 && sentMs.length < config.digestAfter;
  const after: ReceiverState = isFree
    ? { sentMs: [...sentMs, nowMs], held: [] }
    : { sentMs, held: withMessage(before.held, message), flushMs: before.flushMs ?? (sentMs[0] ?? nowMs) + MINUTE_MS };
  const receivers = new Map(state.receivers).set(message.to, after);
  return { state: { ...state, receivers }, messages: isFree ? [...messages, message] : messages };
}

/** A newer state of the same message takes the place of the one that waits. */
function withMessage(held: readonly Message[], message: Message): Message[] {
  const others = message.key === undefined ? held : held.filter(({ key }) => key !== message.key);
  return [...others, message];
}

/** Deployments keep their own messages, so that none is left saying that it goes on; all others become one. */
function digests(to: string, held: readonly Message[]): Message[] {
  const [own, others] = [held.filter(({ key }) => key !== undefined), held.filter(({ key }) => key === undefined)];
  if (others.length < 2) return [...own, ...others];
  const notices = others.flatMap((one) => one.notices);
  return [...own, { to, title: `${others.length} notifications`, notices }];
}

/** What has not been told for long is told like something new. */
function forgotten(state: NotifierState, { throttleMinutes }: NotificationsConfig, nowMs: number): NotifierState {
  const longest = 2 * throttleMinutes * MINUTE_MS;
  const kept = [...state.told].filter(([, { atMs }]) => nowMs - atMs < longest);
  return kept.length === state.told.size ? state : { ...state, told: new Map(kept) };
}

const FIELDS = [
  'title',
  'text',
  'state',
  'repository',
  'workflow',
  'environment',
  'branch',
  'conclusion',
  'pool',
  'url',
] as const;

/** `{{field}}` of the notice; empty for what it does not have. */
export function titleOf({ template }: Rule, notice: Notice): string {
  if (template === undefined) return notice.title;
  return template.replace(/\{\{ *(\w+) *\}\}/g, (whole, name: string) => {
    const field = FIELDS.find((known) => known === name);
    return field === undefined ? whole : (notice[field] ?? '');
  });
}

const clockTime = (ms: number): string => `${new Date(ms).toISOString().slice(11, 16)} UTC`;
