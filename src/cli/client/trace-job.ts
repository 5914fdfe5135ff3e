import { errorText, UserError } from '../../common/errors.ts';
import { setting } from '../../common/settings.ts';
import type { BrokenLink, Explanation, FleetJobExplanation } from '../../protocol/dashboard/index.ts';
import { concernsFleet, firstBrokenLink } from '../../workflow/routing.ts';
import type { Input } from '../command.ts';
import { findEndpoint } from './endpoints.ts';
import { FleetClient } from './fleet-client.ts';

/** What a server says of a run or a job, with what its fleet knows of each job that it has or had to start a runner for. */
export interface TracedExplanation extends Omit<Explanation, 'jobs'> {
  jobs?: TracedExplanation[];
  /** Missing where no fleet was asked. */
  fleet?: FleetJobExplanation | { problem: string };
  /** What keeps the job from running, first on the way from the event to the runner; null when nothing does. */
  firstBrokenLink?: BrokenLink | null;
}

/** Jobs of one run that a fleet is asked about; the others are like them. */
const MAX_ASKED = 20;

/** Asks the fleet too, where there is one. What the server said comes back also when the fleet does not answer. */
export async function withFleet(found: Explanation, input: Input): Promise<TracedExplanation> {
  const client = await fleetOf(input);
  if (found.subject.kind === 'job') return traced(found, client);
  const jobs: TracedExplanation[] = [];
  for (const job of found.jobs ?? []) {
    jobs.push(await traced(job, jobs.filter(({ fleet }) => fleet).length < MAX_ASKED ? client : undefined));
  }
  return { ...found, jobs };
}

/** A fleet that was not named is asked only about the server that it was started with. */
async function fleetOf(input: Input): Promise<FleetClient | undefined> {
  const isNamed = Boolean(input.text('fleet') || setting('fleetUrl'));
  const isOtherServer = Boolean(input.text('server') || setting('serverUrl'));
  if (isOtherServer && !isNamed) return undefined;
  try {
    return new FleetClient(await findEndpoint('fleet', input), '');
  } catch (error) {
    if (error instanceof UserError && error.code === 'no-fleet') return undefined;
    throw error;
  }
}

async function traced(found: Explanation, client: FleetClient | undefined): Promise<TracedExplanation> {
  const { asks, subject, jobs: _, ...rest } = found;
  const job = { ...rest, subject, ...(asks ? { asks } : {}) };
  const fleet = client && asks && concernsFleet(found) ? await atFleet(client, subject.id, asks) : undefined;
  const link = firstBrokenLink(found, fleet);
  return { ...job, ...(fleet ? { fleet } : {}), firstBrokenLink: link };
}

const atFleet = (client: FleetClient, id: number, asks: NonNullable<Explanation['asks']>) =>
  client.jobExplanation(id, asks).catch((error: unknown) => ({
    problem: `The fleet cannot be asked: ${errorText(error)}`,
  }));
