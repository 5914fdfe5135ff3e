/** A small strict service of scale sets for tests (runner-protocol 10): jobs, messages and runners as the test says. */
import { randomUUID } from 'node:crypto';
import type { ScaleSetJob, ScaleSetStatistics } from '../../protocol/github/scale-sets.ts';

export interface ServiceAnswer {
  status: number;
  body?: unknown;
}

export interface ServiceRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  authorization: string;
  capacity: number;
  body: string;
}

interface Set {
  id: number;
  name: string;
  runnerGroupId: number;
  labels: { type: string; name: string }[];
}

interface Agent {
  id: number;
  name: string;
  runnerScaleSetId: number;
  /** What REST says of it. */
  status: 'online' | 'offline';
  job?: number;
}

type JobState = 'available' | 'assigned' | 'running' | 'completed';
type Item = Pick<ScaleSetJob, 'messageType' | 'runnerRequestId'> & Partial<ScaleSetJob>;

const exception = (status: number, name: string): ServiceAnswer => ({
  status,
  body: { typeName: `GitHub.Actions.Runtime.WebApi.${name}, GitHub.Actions.Runtime.WebApi`, message: name },
});

const NOT_FOUND = exception(404, 'NotFoundException');

/** One scale set's worth of service: every job can be run by every set that exists. */
export class ScaleSetStandIn {
  readonly sets = new Map<number, Set>();
  readonly agents = new Map<number, Agent>();
  readonly jobs = new Map<number, JobState>();
  /** Method and path of every call. */
  readonly calls: string[] = [];
  /** What of a message's items arrives, and in which order. Nothing of one: it is lost. */
  mangle: (items: Item[]) => Item[] = (items) => items;
  /** Runs inside the removal of a runner, before it is decided. */
  beforeRemoval: (agent: Agent) => void = () => undefined;
  /** While set, every call is answered with it. */
  failWith: number | undefined;
  /** Runners that are registered come online. */
  comesOnline = true;
  /** Runs before a runner of this name is registered. */
  beforeRegistration: (name: string, setId: number) => void = () => undefined;
  /** Another session is active: one that can be ended by its id, or one that nobody here knows. */
  refusesSessions: 'while-known' | 'always' | undefined;
  session: { id: string; ownerName: string } | undefined;
  #items: { id: number; item: Item }[] = [];
  #capacity = 0;
  #wake: () => void = () => undefined;
  #isQuiet = false;
  /** Apart from the ids of REST. */
  #lastId = 10_000;
  #baseUrl = '';

  /** A job that a set could run has come into the queue. */
  queue(id: number): void {
    this.jobs.set(id, 'available');
    this.#say({ messageType: 'JobAvailable', runnerRequestId: id });
  }

  /** A runner polls: it gets a job that waits for one. @returns whether there was one */
  take(name: string): boolean {
    const agent = this.#agentNamed(name);
    const [id] = [...this.jobs].find(([, state]) => state === 'assigned') ?? [];
    if (!agent || agent.job !== undefined || id === undefined) return false;
    agent.job = id;
    this.jobs.set(id, 'running');
    this.#say({
      messageType: 'JobStarted',
      runnerRequestId: id,
      runnerId: agent.id,
      runnerName: name,
      jobId: `j${id}`,
    });
    return true;
  }

  /** The job of this runner is over, and its registration with it. */
  finish(name: string, result = 'succeeded'): void {
    const agent = this.#agentNamed(name);
    if (agent?.job === undefined) return;
    this.jobs.set(agent.job, 'completed');
    this.agents.delete(agent.id);
    const { job, id } = agent;
    this.#say({ messageType: 'JobCompleted', runnerRequestId: job, runnerId: id, runnerName: name, result });
  }

  /** A job that no runner has is called off. */
  cancel(id: number): void {
    const state = this.jobs.get(id);
    if (state !== 'available' && state !== 'assigned') return;
    this.jobs.set(id, 'completed');
    if (state === 'assigned') this.#say({ messageType: 'JobCompleted', runnerRequestId: id, result: 'canceled' });
  }

  /** Ends a poll that waits, as the service does after about 50 s without news. */
  quiet(): void {
    this.#isQuiet = true;
    this.#wake();
  }

  /** A registration that nobody made on purpose. */
  addAgent(name: string, runnerScaleSetId: number): void {
    this.#lastId++;
    this.agents.set(this.#lastId, { id: this.#lastId, name, runnerScaleSetId, status: 'online' });
  }

  isBusy(name: string): boolean {
    return this.#agentNamed(name)?.job !== undefined;
  }

  count(...states: JobState[]): number {
    return [...this.jobs.values()].filter((state) => states.includes(state)).length;
  }

  /** @param baseUrl of the whole stand-in */
  async handle(request: ServiceRequest, baseUrl: string): Promise<ServiceAnswer> {
    this.#baseUrl = baseUrl;
    const { method, path } = request;
    this.calls.push(`${method} ${path}`);
    if (this.failWith) return { status: this.failWith, body: { typeName: '', message: 'made to fail' } };
    if (path === '/api/v3/actions/runner-registration') return this.#admin();
    if (path.startsWith('/queue')) return this.#queueCall(request);
    const [, rest = ''] = /^\/service\/_apis\/(.+)$/.exec(path) ?? [];
    if (rest.startsWith('distributedtask/')) return this.#agentCall(request, rest);
    return this.#setCall(request, rest.replace('runtime/runnerscalesets', ''));
  }

  #admin(): ServiceAnswer {
    const claims = Buffer.from(JSON.stringify({ exp: 4_000_000_000 })).toString('base64url');
    return { status: 200, body: { url: `${this.#baseUrl}/service/`, token: `x.${claims}.x` } };
  }

  #setCall({ method, query, body, authorization }: ServiceRequest, rest: string): ServiceAnswer {
    if (rest === '') {
      if (method === 'POST') return { status: 200, body: this.#view(this.#create(JSON.parse(body))) };
      const found = [...this.sets.values()].filter(({ name }) => name === query.get('name'));
      return { status: 200, body: { count: found.length, value: found.map((set) => this.#view(set)) } };
    }
    const [, idText, call = ''] = rest.split('/');
    const set = this.sets.get(Number(idText));
    if (!set) return NOT_FOUND;
    if (call === 'generatejitconfig') return this.#jit(set, JSON.parse(body));
    if (call === 'sessions') return this.#sessionCall(method, set, rest.split('/')[3], body);
    if (call === 'acquirablejobs') return this.#acquirable();
    if (call === 'acquirejobs') return this.#isOfSession(authorization) ? this.#acquire(JSON.parse(body)) : NOT_FOUND;
    if (method === 'DELETE') {
      this.sets.delete(set.id);
      return { status: 204 };
    }
    if (method === 'PATCH') Object.assign(set, JSON.parse(body));
    return { status: 200, body: this.#view(set) };
  }

  #create(sent: Omit<Set, 'id'>): Set {
    this.#lastId++;
    const set = { ...sent, id: this.#lastId };
    this.sets.set(set.id, set);
    return set;
  }

  #sessionCall(method: string, set: Set, id: string | undefined, body: string): ServiceAnswer {
    if (method === 'POST') {
      const { ownerName } = JSON.parse(body) as { ownerName: string };
      if (this.refusesSessions) return exception(409, 'TaskAgentSessionConflictException');
      this.session = { id: randomUUID(), ownerName };
      // A new session begins with what waits.
      this.#items = [];
      this.#wake();
      for (const [job, state] of this.jobs) {
        if (state === 'available') this.#say({ messageType: 'JobAvailable', runnerRequestId: job });
      }
      return { status: 200, body: this.#sessionView(set) };
    }
    if (this.session?.id !== id) return NOT_FOUND;
    if (method === 'PATCH') return { status: 200, body: this.#sessionView(set) };
    this.session = undefined;
    if (this.refusesSessions === 'while-known') this.refusesSessions = undefined;
    this.#wake();
    return { status: 204 };
  }

  async #queueCall({ method, path, query, authorization, capacity }: ServiceRequest): Promise<ServiceAnswer> {
    if (!this.#isOfSession(authorization)) return NOT_FOUND;
    if (method === 'DELETE') {
      const upTo = Number(path.split('/')[2]);
      this.#items = this.#items.filter(({ id }) => id > upTo);
      return { status: 204 };
    }
    this.#capacity = capacity;
    const after = Number(query.get('lastMessageId') ?? 0);
    for (;;) {
      const items = this.#items.filter(({ id }) => id > after);
      const last = items.at(-1);
      const mangled = this.mangle(items.map(({ item }) => item));
      // All of it was lost on the way: the service believes that it was told.
      if (last && mangled.length === 0) this.#items = this.#items.filter(({ id }) => id > last.id);
      else if (last) return { status: 200, body: this.#message(last.id, mangled) };
      if (!this.#isQuiet) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (!this.#isOfSession(authorization)) return NOT_FOUND;
      if (this.#isQuiet) {
        this.#isQuiet = false;
        return { status: 202 };
      }
    }
  }

  #message(messageId: number, items: Item[]) {
    const messageType = 'RunnerScaleSetJobMessages';
    return { messageId, messageType, body: JSON.stringify(items), statistics: this.#statistics() };
  }

  #acquirable(): ServiceAnswer {
    const value = [...this.jobs].flatMap(([id, state]) => (state === 'available' ? [{ runnerRequestId: id }] : []));
    return { status: 200, body: { count: value.length, value } };
  }

  #acquire(ids: number[]): ServiceAnswer {
    const value: number[] = [];
    for (const id of new Set(ids)) {
      const state = this.jobs.get(id);
      const hasRoom = this.count('assigned', 'running') < this.#capacity;
      if (state === 'available' && hasRoom) {
        this.jobs.set(id, 'assigned');
        this.#say({ messageType: 'JobAssigned', runnerRequestId: id });
      }
      if (state === 'assigned' || state === 'running' || (state === 'available' && hasRoom)) value.push(id);
    }
    return { status: 200, body: { count: value.length, value } };
  }

  #jit(set: Set, { name }: { name: string }): ServiceAnswer {
    this.beforeRegistration(name, set.id);
    if (this.#agentNamed(name)) return exception(409, 'AgentExistsException');
    this.#lastId++;
    const status = this.comesOnline ? ('online' as const) : ('offline' as const);
    const agent = { id: this.#lastId, name, runnerScaleSetId: set.id, status };
    this.agents.set(agent.id, agent);
    return { status: 200, body: { runner: agent, encodedJITConfig: `jit-${agent.id}` } };
  }

  #agentCall({ method, query }: ServiceRequest, rest: string): ServiceAnswer {
    const id = Number(rest.split('/')[4]);
    if (!id) {
      const value = [...this.agents.values()].filter(({ name }) => name === query.get('agentName'));
      return { status: 200, body: { count: value.length, value } };
    }
    const agent = this.agents.get(id);
    if (!agent) return exception(404, 'AgentNotFoundException');
    if (method === 'GET') return { status: 200, body: agent };
    this.beforeRemoval(agent);
    if (agent.job !== undefined) return exception(400, 'JobStillRunningException');
    this.agents.delete(id);
    return { status: 204 };
  }

  #say(item: Item): void {
    this.#lastId++;
    if (this.session) this.#items.push({ id: this.#lastId, item });
    this.#wake();
  }

  #agentNamed(name: string): Agent | undefined {
    return [...this.agents.values()].find((agent) => agent.name === name);
  }

  #isOfSession(authorization: string): boolean {
    return this.session !== undefined && authorization === `Bearer queue-${this.session.id}`;
  }

  #view(set: Set) {
    return { ...set, statistics: this.#statistics() };
  }

  #sessionView(set: Set) {
    const { id = '', ownerName = '' } = this.session ?? {};
    return {
      sessionId: id,
      ownerName,
      runnerScaleSet: this.#view(set),
      messageQueueUrl: `${this.#baseUrl}/queue`,
      messageQueueAccessToken: `queue-${id}`,
      statistics: this.#statistics(),
    };
  }

  #statistics(): ScaleSetStatistics {
    const busy = [...this.agents.values()].filter(({ job }) => job !== undefined).length;
    return {
      totalAvailableJobs: this.count('available'),
      totalAcquiredJobs: this.count('assigned'),
      totalAssignedJobs: this.count('assigned', 'running'),
      totalRunningJobs: this.count('running'),
      totalRegisteredRunners: this.agents.size,
      totalBusyRunners: busy,
      totalIdleRunners: this.agents.size - busy,
    };
  }
}
