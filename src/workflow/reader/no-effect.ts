/** Keys that are read and that nothing here acts on yet: silence about them would pass for obedience. */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { isMappingToken, isObjectToken, isSequenceToken, literalText, member, membersOf } from '../tokens.ts';
import type { Problems } from './problems.ts';

/** Events that reach the server by themselves. */
const EVENTS = ['push', 'workflow_dispatch'];

const CONCURRENCY = 'run side by side, and `cancel-in-progress` cancels nothing.';
const PERMISSIONS = '`permissions` has no effect yet: `GITHUB_TOKEN` may read its own repository, and nothing else.';
const OF_WORKFLOW: Record<string, string> = {
  concurrency: `\`concurrency\` has no effect yet: runs of one group ${CONCURRENCY}`,
  permissions: PERMISSIONS,
};
const OF_JOB: Record<string, string> = {
  concurrency: `\`concurrency\` has no effect yet: jobs of one group ${CONCURRENCY}`,
  environment:
    '`environment` has no effect yet: there are no approvals, secrets, variables or waiting times of an environment.',
  permissions: PERMISSIONS,
};

/** Adds one warning for each key and each event of the file that has no effect, at its place. */
export function warnOfNoEffect(root: TemplateToken, warnings: Problems): void {
  warnOfEvents(member(root, 'on'), warnings);
  warnOfKeys(root, OF_WORKFLOW, warnings);
  for (const { value } of membersOf(member(root, 'jobs'))) warnOfKeys(value, OF_JOB, warnings);
}

function warnOfEvents(on: TemplateToken, warnings: Problems): void {
  const list = isSequenceToken(on) ? on.seq : [on];
  for (const token of isMappingToken(on) ? membersOf(on).map(({ key }) => key) : list) {
    const event = literalText(token);
    if (!event || EVENTS.includes(event)) continue;
    const message = `The event \`${event}\` does not start runs here yet; only \`switchyard run -e\` can send it.`;
    warnings.add(message, isObjectToken(token) ? token : null);
  }
}

function warnOfKeys(body: TemplateToken, messages: Record<string, string>, warnings: Problems): void {
  for (const { name, key, value } of membersOf(body)) {
    const message = Object.hasOwn(messages, name) && messages[name];
    if (!message || (name === 'permissions' && onlyReads(value))) continue;
    warnings.add(message, isObjectToken(key) ? key : null);
  }
}

/** Asks for no more than the token can do anyway (SEM-6). */
function onlyReads(permissions: TemplateToken): boolean {
  const asked = isMappingToken(permissions) ? membersOf(permissions).map(({ value }) => value) : [permissions];
  return asked.every((token) => !/^write/.test(literalText(token) ?? ''));
}
