import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface GhPlace {
  /** Home and settings of its own. */
  folder: string;
  /** Of https, such as `https://127.0.0.1:8443`. */
  url: string;
  /** Certificate authority that signs for the server. */
  authority: string;
  /** That leads to the server. */
  proxy?: string;
  /** Undefined: as whoever has logged in. */
  token?: string;
}

/** GitHub's own command line, against our server. */
export class Gh {
  readonly #program: string;
  readonly #place: GhPlace;

  constructor(program: string, place: GhPlace) {
    this.#program = program;
    this.#place = place;
  }

  get host(): string {
    return new URL(this.#place.url).host;
  }

  /** @returns what it prints. @throws Error with both outputs when it fails */
  async run(args: string[], options: { repository?: string; input?: string; folder?: string } = {}): Promise<string> {
    const { folder, token, authority, proxy } = this.#place;
    await mkdir(folder, { recursive: true });
    const env: Record<string, string> = {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      GH_CONFIG_DIR: join(folder, 'gh'),
      GH_HOST: this.host,
      GH_PROMPT_DISABLED: '1',
      GH_NO_UPDATE_NOTIFIER: '1',
      SSL_CERT_FILE: authority,
      GIT_SSL_CAINFO: authority,
      GIT_TERMINAL_PROMPT: '0',
      ...(proxy === undefined ? {} : { HTTPS_PROXY: proxy }),
      ...(token === undefined ? {} : { GH_ENTERPRISE_TOKEN: token }),
      ...(options.repository === undefined ? {} : { GH_REPO: `${this.host}/${options.repository}` }),
    };
    const child = run(this.#program, args, { env, cwd: options.folder ?? folder, timeout: 60_000 });
    child.child.stdin?.end(options.input ?? '');
    try {
      return (await child).stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`gh ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
    }
  }

  async json<T>(args: string[], options: Parameters<Gh['run']>[1] = {}): Promise<T> {
    return JSON.parse(await this.run(args, options)) as T;
  }
}
