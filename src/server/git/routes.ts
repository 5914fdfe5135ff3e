import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { errorText, UserError } from '../../common/errors.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { type Caller, callerName, causingJob, secretOf, type TokenNeed } from '../auth/access.ts';
import { writeAct } from '../auth/audit.ts';
import { assertMay } from '../auth/authorize.ts';
import { callerOfToken } from '../auth/callers.ts';
import { placeInPath, repositoryPlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';
import { failureOf } from '../failures.ts';
import { acceptPush, recoverPushes } from './accept-push.ts';
import { DURABLE_WRITES } from './child.ts';
import { type BackendAnswer, callHttpBackend } from './http-backend.ts';
import { newPushId, PushJournals } from './push-journal.ts';
import { addClosingLines } from './side-band.ts';

export interface GitServiceOptions {
  /** Largest pack that a push may bring; git itself refuses a larger one. */
  maxPushBytes?: number;
}

const DEFAULT_MAX_PUSH_BYTES = 4 * 1024 ** 3;

type GitRequest = FastifyRequest<{ Params: { owner: string; repository: string }; Querystring: { service?: string } }>;

type Service = 'git-upload-pack' | 'git-receive-pack';

/** The routes are public: git brings its token only after it was refused once. */
const NEEDS: Record<Service, TokenNeed> = {
  'git-upload-pack': { access: 'read', permission: 'contents: read' },
  'git-receive-pack': { access: 'write', permission: 'contents: write' },
};

export interface GitService {
  /** To be registered without a prefix, before listening. */
  plugin: FastifyPluginAsync;
  /**
   * Makes up for pushes whose events the last stop of the server interrupted. To be called once, when the public URL
   * is known; the pushes of this life are left alone.
   */
  recoverPushes(): Promise<void>;
}

/** Git over smart HTTP at `/<owner>/<name>[.git]`, with the real `git http-backend` behind it. */
export function gitService(context: ServerContext, options: GitServiceOptions = {}): GitService {
  const { maxPushBytes = DEFAULT_MAX_PUSH_BYTES } = options;
  const journals = new PushJournals(context.settings.dataFolder);
  const git = new GitHttp(context, journals, maxPushBytes);
  let left: string[] = [];
  return {
    plugin: async (app) => {
      await journals.install();
      left = await journals.left();
      app.addHook('onClose', () => git.close());
      takeBodiesAsStreams(app);
      answerInText(app, context);
      addRoutes(app, git);
    },
    recoverPushes: () => recoverPushes(context, journals, left.splice(0)),
  };
}

function addRoutes(app: FastifyInstance, git: GitHttp): void {
  const config = { access: 'public' } as const;
  const path = '/:owner/:repository';
  app.get(`${path}/info/refs`, { config, exposeHeadRoute: false }, (request: GitRequest, reply) =>
    git.refs(request, reply),
  );
  app.post(`${path}/git-upload-pack`, { config }, (request: GitRequest, reply) => git.fetch(request, reply));
  app.post(`${path}/git-receive-pack`, { config }, (request: GitRequest, reply) => git.push(request, reply));
}

class GitHttp {
  readonly #context: ServerContext;
  readonly #journals: PushJournals;
  readonly #config: Record<string, string>;
  readonly #pushes = new Set<Promise<unknown>>();

  constructor(context: ServerContext, journals: PushJournals, maxPushBytes: number) {
    this.#context = context;
    this.#journals = journals;
    this.#config = {
      // The answer to a push says that it is kept.
      ...DURABLE_WRITES,
      'core.hooksPath': journals.hooksFolder,
      'gc.autoDetach': 'false',
      'http.receivepack': 'true',
      'receive.advertisePushOptions': 'true',
      // The server's own; fetching them is allowed.
      'receive.hideRefs': 'refs/pull',
      'receive.maxInputSize': String(maxPushBytes),
      'uploadpack.allowAnySHA1InWant': 'true',
      'uploadpack.allowFilter': 'true',
    };
  }

  /** Waits until the events of running pushes are accepted. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#pushes);
  }

  async refs(request: GitRequest, reply: FastifyReply): Promise<FastifyReply> {
    const service = request.query.service;
    if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
      throw new UserError('dumb-git', 'This server speaks the smart protocol only.', { status: 403 });
    }
    const { repository, caller } = await this.#open(request, service);
    const answer = await this.#call(request, reply, repository, caller, '/info/refs');
    return reply.send(answer.body);
  }

  async fetch(request: GitRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { repository, caller } = await this.#open(request, 'git-upload-pack');
    const answer = await this.#call(request, reply, repository, caller, '/git-upload-pack');
    return reply.send(answer.body);
  }

  async push(request: GitRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { repository, caller } = await this.#open(request, 'git-receive-pack');
    const id = newPushId(this.#context.clock.now());
    const meta = { repositoryId: repository.id, actor: callerName(caller), causingJob: causingJob(caller) };
    const env = this.#journals.environment(id, meta);
    const answer = await this.#call(request, reply, repository, caller, '/git-receive-pack', env);
    // Also when the client has gone: the refs may have moved by then.
    const lines = answer.ended.then(() => this.#accept(id));
    this.#pushes.add(lines);
    void lines.finally(() => this.#pushes.delete(lines));
    return reply.send(Readable.from(addClosingLines(answer.body, () => lines)));
  }

  async #accept(id: string): Promise<string[]> {
    try {
      const lines = await acceptPush(this.#context, this.#journals, id);
      return lines.map((line) => `Switchyard: ${line}`);
    } catch (error) {
      this.#context.logger.error({ err: error, push: id }, 'the events of a push were not accepted');
      const sentence = 'The push is stored, but its workflows could not be started yet; the next start tries again.';
      return [`Switchyard: ${sentence}`, ...(error instanceof UserError ? [`Switchyard: ${errorText(error)}`] : [])];
    }
  }

  /** The repository, for somebody who may do this to it. A push by somebody who may write makes an unknown one. */
  async #open(request: GitRequest, service: Service): Promise<{ repository: RepositoryRow; caller: Caller }> {
    const caller = await callerOfToken(this.#context, secretOf(request));
    const { owner } = request.params;
    const name = request.params.repository.replace(/\.git$/, '');
    await assertMay(this.#context, caller, NEEDS[service], placeInPath({ owner, repo: name }));
    const known = await this.#context.git.find(owner, name);
    const repository = known ?? (service === 'git-receive-pack' ? await this.#create(request, caller) : undefined);
    if (!repository) throw new UserError('not-found', 'Repository not found.', { status: 404 });
    return { repository, caller };
  }

  async #create(request: GitRequest, caller: Caller): Promise<RepositoryRow> {
    const { owner } = request.params;
    const name = request.params.repository.replace(/\.git$/, '');
    const repository = await this.#context.git.create(owner, name);
    const place = repositoryPlace(repository);
    await writeAct(this.#context, request, caller, { action: 'repo.create', place, details: {}, status: 201 });
    return repository;
  }

  async #call(
    request: GitRequest,
    reply: FastifyReply,
    repository: RepositoryRow,
    caller: Caller,
    path: string,
    env?: Record<string, string>,
  ): Promise<BackendAnswer> {
    const query = request.url.split('?')[1] ?? '';
    const answer = await callHttpBackend(
      {
        folder: this.#context.git.folder(repository),
        path,
        method: request.method === 'GET' ? 'GET' : 'POST',
        query,
        headers: request.headers,
        body: request.raw,
        user: callerName(caller),
        env,
        config: this.#config,
      },
      this.#context.logger,
    );
    reply.raw.once('close', () => answer.kill());
    reply.code(answer.status).headers(answer.headers);
    return answer;
  }
}

/** Packs go straight from the socket to git. */
function takeBodiesAsStreams(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
}

/** Git shows a plain text answer to its user. */
function answerInText(app: FastifyInstance, context: ServerContext): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, message, hint } = failureOf(error, request, context.logger);
    if (status === 401) reply.header('www-authenticate', 'Basic realm="Switchyard"');
    const text = [message, hint].filter(Boolean).join('\n');
    return reply.code(status).type('text/plain; charset=utf-8').send(`${text}\n`);
  });
}
