/** The runner's own log of one job, for `ACTIONS_RUNNER_DEBUG`: sent as a zip archive when the job ends (runner-protocol 8.1). */
import { crc32, deflateRawSync } from 'node:zlib';
import { isoTime } from '../../common/clock.ts';
import type { JobState } from './job-state.ts';

/** What a job that prints without end may add; the rest is only counted. */
const MAX_BYTES = 4 * 1024 * 1024;
const NAME = 'worker.log';

/** Lines of ids, states and command names: masked as they come, and never with environments, inputs or tokens. */
export class JobDiagnostics {
  readonly #lines: string[] = [];
  #sizeBytes = 0;
  #leftOut = 0;

  constructor(job: JobState) {
    job.diagnose = (line) => this.#keep(job.masks.apply(line.replace(/[\r\n]+/g, ' ')));
    const { message, runner } = job;
    const [first, ...rest] = [...job.variables.keys()].sort();
    job.diagnose(`job ${message.jobDisplayName}, request ${message.requestId}, plan ${message.plan?.planId}`);
    job.diagnose(
      `runner ${runner.name} ${runner.version} on Node ${process.version}, ${process.platform} ${process.arch}`,
    );
    job.diagnose(`variables, without their values: ${[first, ...rest].join(', ')}`);
    for (const step of message.steps) job.diagnose(`step ${step.id} is ${step.name}, ${step.type}`);
  }

  #keep(line: string): void {
    const text = `[${isoTime(Date.now())}] ${line}\n`;
    if (this.#sizeBytes + text.length > MAX_BYTES) this.#leftOut++;
    else {
      this.#lines.push(text);
      this.#sizeBytes += text.length;
    }
  }

  /** An archive with the one file. */
  zip(): Buffer {
    const end = this.#leftOut > 0 ? [`${this.#leftOut} more lines were left out.\n`] : [];
    return zipOf(NAME, Buffer.from([...this.#lines, ...end].join(''), 'utf8'));
  }
}

/** A zip archive of one file: local header, data, directory, end (APPNOTE 4.3.6). */
function zipOf(name: string, content: Buffer): Buffer {
  const data = deflateRawSync(content);
  const entry = Buffer.alloc(26);
  entry.writeUInt16LE(20, 0); // version 2.0
  entry.writeUInt16LE(0x0800, 2); // the name is UTF-8
  entry.writeUInt16LE(8, 4); // deflate
  entry.writeUInt16LE(0x21, 8); // 1980-01-01: nobody needs it
  entry.writeUInt32LE(crc32(content), 10);
  entry.writeUInt32LE(data.length, 14);
  entry.writeUInt32LE(content.length, 18);
  entry.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), entry, Buffer.from(name), data]);
  const directory = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), entry, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, directory, Buffer.from('PK\x05\x06'), end]);
}
