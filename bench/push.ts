import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { git, writeFiles } from '../test/support/git.ts';
import { Installation } from './installation.ts';
import { durations, type Row } from './rows.ts';
import { sampleWorkflow } from './sample-workflow.ts';

const FILES = 50;
const PUSHES = 30;
const PUSHES_BEFORE = 5;
const REPOSITORY = 'bench/push';

/**
 * From the moment that git has sent its push to the last byte of the answer, which says which runs were started: what
 * the server does, and git's own program in it, but not the git of whoever pushes. Each push changes one of 50 files,
 * and starts two of them.
 */
export async function benchPush(): Promise<Row> {
  const installation = await Installation.start();
  const watch = await Watch.start(new URL(installation.url));
  try {
    const files = Array.from({ length: FILES }, (_, index) => fileOf(index, 0)).flatMap(Object.entries);
    await installation.push(REPOSITORY, Object.fromEntries(files));
    const folder = join(installation.folder, REPOSITORY.replace('/', '-'));
    const remote = `http://x:${installation.token}@127.0.0.1:${watch.port}/${REPOSITORY}.git`;
    for (let number = 1; number <= PUSHES_BEFORE + PUSHES; number++) {
      await writeFiles(folder, fileOf(number % FILES, number));
      await git(folder, 'commit', '-q', '-a', '-m', `Change ${number}`);
      const output = await git(folder, 'push', remote, 'main');
      if (output.split(' started ').length - 1 !== 2) throw new Error(output);
    }
    const name = `a push to a repository with ${FILES} workflow files, answered`;
    return durations(name, watch.pushesMs.slice(PUSHES_BEFORE), { p50: 100 });
  } finally {
    await watch.close();
    await installation.close();
  }
}

function fileOf(index: number, version: number): Record<string, string> {
  const branches = index < 2 ? 'main' : `'team-${index}/**'`;
  return { [`.github/workflows/w${index}.yml`]: sampleWorkflow(`Workflow ${index}, version ${version}`, branches) };
}

/** Stands between git and the server, and looks at the clock. */
class Watch {
  readonly pushesMs: number[] = [];
  readonly #server: Server;

  private constructor(server: URL) {
    this.#server = createServer((incoming, answer) => {
      let sentMs = 0;
      const options = { method: incoming.method, path: incoming.url, headers: incoming.headers };
      const outgoing = request(server, options, (reply) => {
        answer.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(answer);
        const isPush = incoming.method === 'POST' && incoming.url?.endsWith('/git-receive-pack');
        reply.on('end', () => isPush && this.pushesMs.push(performance.now() - sentMs));
      });
      incoming.on('end', () => {
        sentMs = performance.now();
      });
      incoming.pipe(outgoing);
    });
  }

  static async start(server: URL): Promise<Watch> {
    const watch = new Watch(server);
    await new Promise<void>((resolve) => watch.#server.listen(0, '127.0.0.1', resolve));
    return watch;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
