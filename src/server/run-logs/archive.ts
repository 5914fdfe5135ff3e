/** The logs of a run's attempt as one zip archive, with the names that GitHub gives its entries. */
import { Readable } from 'node:stream';
import yazl from 'yazl';
import type { JobRow } from '../../store/jobs.ts';
import { type StepRow, stepsOfJobs } from '../../store/steps.ts';
import type { ServerContext } from '../context.ts';
import { MAX_PAGE_LINES, readJobLog, readLog } from '../runner-service/step-logs.ts';

type LogContext = Pick<ServerContext, 'db' | 'blobs' | 'liveLogs'>;

/** In UTF-16 units, as GitHub counts: else paths would be too long for Windows. */
const MAX_NAME = 90;

/** `N_job.txt` for every job, and `job/N_step.txt` for every step. Nothing is held in memory but the list of names. */
export async function logArchive(context: LogContext, jobs: JobRow[]): Promise<NodeJS.ReadableStream> {
  const zip = new yazl.ZipFile();
  const steps = await stepsOfJobs(
    context.db,
    jobs.map(({ id }) => id),
  );
  const names = new Names();
  for (const [index, job] of jobs.entries()) {
    const name = names.unique(entryName(job.name));
    add(zip, `${index}_${name}.txt`, async () => (await readJobLog(context, job)) ?? Readable.from([]));
    for (const step of steps.filter(({ job_id }) => job_id === job.id)) {
      add(zip, `${name}/${step.number}_${entryName(step.name)}.txt`, async () =>
        Readable.from(linesOf(context, job, step)),
      );
    }
  }
  zip.end();
  return zip.outputStream;
}

function add(zip: yazl.ZipFile, name: string, open: () => Promise<Readable>): void {
  zip.addReadStreamLazy(name, { compressionLevel: 1 }, (callback) => {
    open().then(
      (stream) => callback(null, stream),
      (error: unknown) => callback(error, Readable.from([])),
    );
  });
}

async function* linesOf(context: LogContext, job: JobRow, step: StepRow): AsyncGenerator<string> {
  for (let from = 1; ; ) {
    const { lines } = await readLog(context, job, step, from, MAX_PAGE_LINES);
    if (lines.length === 0) return;
    yield `${lines.join('\n')}\n`;
    from += lines.length;
  }
}

/** Two jobs of one name get names of their own. */
class Names {
  readonly #taken = new Set<string>();

  unique(name: string): string {
    let free = name;
    for (let count = 1; this.#taken.has(free.toLowerCase()); count++) free = `${name} (${count})`;
    this.#taken.add(free.toLowerCase());
    return free;
  }
}

const entryName = (name: string): string =>
  name
    .replace(/[\x00-\x1f\\/:*?"<>|]/g, '')
    .slice(0, MAX_NAME)
    .trim() || '_';
