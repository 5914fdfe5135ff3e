import { chmod, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { setting } from '../../common/settings.ts';
import { type ArcImport, type BackendName, importArc, isBackendName } from '../../fleet/import-arc/index.ts';
import type { Input } from '../command.ts';
import { EXIT } from '../failure.ts';
import { importLines } from '../report/import-text.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';
import { readCluster } from './cluster.ts';
import { readSources } from './sources.ts';

/** Files, or when there are none the cluster that the options name. @throws UserError */
export async function runImport(files: readonly string[], input: Input, terminal: Terminal): Promise<number> {
  const sources =
    files.length > 0
      ? await readSources(files)
      : await readCluster(input, (sentence) => printLine(terminal.err, sentence));
  const found = importArc(sources, { ...backendOf(input), release: input.text('release') });
  const file = input.text('output');
  if (file !== undefined) await write(file, found);
  const { objects, everywhere } = found;
  if (input.flag('json')) printLine(terminal.out, JSON.stringify({ objects, everywhere }));
  else for (const line of importLines(found, terminal.colors)) printLine(terminal.out, line);
  if (file !== undefined) printLine(terminal.err, `Wrote ${file}. Next: switchyard apply -f ${file}`);
  const isWhole = objects.every(({ outcome }) => outcome !== 'loses' && outcome !== 'refused');
  return isWhole ? EXIT.done : EXIT.failed;
}

/** Without --backend, what the fleet starts by default; a backend of one's own is for the fleet to judge. */
function backendOf(input: Input): { backend: BackendName; marksBackend: boolean } {
  const usual = setting('backend');
  const asked = input.text('backend') ?? usual;
  const backend = isBackendName(asked) ? asked : 'process';
  return { backend, marksBackend: backend !== usual && input.text('backend') !== undefined };
}

/** Mode 600: Secrets may be in it. Times and words such as "yes" are quoted, as readers of YAML 1.1 need it. */
async function write(file: string, { output }: ArcImport): Promise<void> {
  const text = output.map((object) => `---\n${stringify(object, { version: '1.1' })}`).join('');
  await writeFile(file, text, { mode: 0o600 });
  await chmod(file, 0o600);
}
