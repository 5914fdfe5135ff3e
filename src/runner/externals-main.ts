/** Entry point of `switchyard runner externals`: fetches the Nodes for JavaScript actions ahead, as for an image. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { errorText, UserError } from '../common/errors.ts';
import { inheritedEnvironment, setting } from '../common/settings.ts';
import { fetchNode } from './externals/fetch-node.ts';
import { BROUGHT, type BroughtNode, PINNED_NODES } from './externals/pinned-nodes.ts';

const HELP = `Usage: switchyard runner externals [node20] [node24] [--to DIR]

Fetches the Nodes that JavaScript actions run on, with npm and its settings, so that no job waits for it. Without it a
runner does so at their first use. What is there already stays.

Options:
  --to DIR  Folder that the runners share. Default: SWITCHYARD_EXTERNALS, or else "externals" in the current folder.
  --help    Show this text.

Examples:
  switchyard runner externals
  switchyard runner externals node24 --to /opt/switchyard/externals

Exit codes: 0 they are there, 1 one cannot be had, 2 wrong usage.
`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const folder = resolve(values.to ?? (setting('externals') || 'externals'));
  const unknown = positionals.find((name) => !BROUGHT.some((node) => node === name));
  if (unknown !== undefined) throw usage(`There is no "${unknown}".`);
  for (const node of positionals.length > 0 ? (positionals as BroughtNode[]) : BROUGHT) {
    const program = await fetchNode(node, {
      folder,
      environment: inheritedEnvironment(),
      signal: new AbortController().signal,
      onFetch: (what) => void process.stdout.write(`Fetching ${what}\n`),
    });
    process.stdout.write(`${program} is Node ${PINNED_NODES[node].version}\n`);
  }
  return 0;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { to: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw usage(errorText(error));
  }
}

const usage = (problem: string): UserError =>
  new UserError('usage', problem, { hint: 'See switchyard runner externals --help.' });

function report(error: unknown): number {
  const hint = error instanceof UserError && error.hint ? ` ${error.hint}` : '';
  process.stderr.write(`${errorText(error)}${hint}\n`);
  return error instanceof UserError ? 2 : 1;
}

// process.argv: node, script, `runner`, `externals`, options.
void main(process.argv.slice(4))
  .catch(report)
  .then((code) => process.exit(code));
