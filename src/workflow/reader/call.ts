/** A job that calls a reusable workflow: `uses`, `with` and `secrets` (SEM-11.1). */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import type { CallReference, WorkflowCall } from '../model.ts';
import { isAbsent, isObjectToken, literalText, member, plainText } from '../tokens.ts';
import type { Problems } from './problems.ts';

/** `null` for a job that calls nothing, and for one whose reference is wrong, which is reported. */
export function readCall(body: TemplateToken, errors: Problems): WorkflowCall | null {
  const token = member(body, 'uses');
  const uses = plainText(token);
  if (isAbsent(token) || uses === undefined) return null;
  const place = isObjectToken(token) ? token : null;
  const reference = parseReference(uses);
  if ('problem' in reference) {
    errors.add(`invalid value workflow reference: ${reference.problem}`, place);
    return null;
  }
  const secrets = member(body, 'secrets');
  return {
    uses,
    reference,
    with: member(body, 'with'),
    secrets: literalText(secrets) === 'inherit' ? 'inherit' : secrets,
    line: place?.line ?? 1,
    column: place?.col ?? 1,
  };
}

const FOLDER = '.github/workflows/';

function parseReference(uses: string): CallReference | { problem: string } {
  const own = /^(\.|\$)\/(.*)$/s.exec(uses);
  return own ? ownReference(own[1] === '$' ? 'self repository' : 'local', own[2] ?? '') : remoteReference(uses);
}

function ownReference(kind: 'local' | 'self repository', path: string): CallReference | { problem: string } {
  if (!path.startsWith(FOLDER)) return { problem: `${kind} workflow references must be rooted in '.github/workflows'` };
  if (path.includes('@')) return { problem: `cannot specify version when calling ${kind} workflows` };
  const problem = fileProblem(path);
  return problem ? { problem } : { repository: null, path, ref: null };
}

const REMOTE = /^(?<repository>[^/@\s]+\/[^/@\s]+)\/(?<path>[^@]+)(?:@(?<ref>.*))?$/s;

function remoteReference(uses: string): CallReference | { problem: string } {
  const { repository, path = '', ref } = REMOTE.exec(uses)?.groups ?? {};
  if (repository === undefined) {
    return {
      problem: "references to workflows must be prefixed with format 'owner/repository/' or './' for local workflows",
    };
  }
  if (!path.startsWith(FOLDER)) return { problem: "references to workflows must be rooted in '.github/workflows'" };
  if (!ref) return { problem: 'no version specified' };
  const problem = fileProblem(path) ?? refProblem(ref);
  return problem ? { problem } : { repository, path, ref };
}

function fileProblem(path: string): string | undefined {
  const name = path.slice(FOLDER.length);
  if (name.includes('/')) return 'workflows must be defined at the top level of the .github/workflows/ directory';
  if (!/\.ya?ml$/.test(name)) return "workflow file should have either a '.yml' or '.yaml' file extension";
  return /^\.ya?ml$/.test(name) ? 'invalid workflow file name' : undefined;
}

/** What git allows in the name of a ref. */
function refProblem(ref: string): string | undefined {
  const [character] = /[\s~^:?*[\\\0-\x1f\x7f]|\.\.|@\{/.exec(ref) ?? [];
  if (character !== undefined) return `invalid character '${character}' in version`;
  if (/^[/.]|[/.]$/.test(ref)) return "version cannot begin or end with a slash '/' or a dot '.'";
  return /\.lock$/.test(ref) || ref.includes('//') || ref.length > 255 ? `invalid version: ${ref}` : undefined;
}
