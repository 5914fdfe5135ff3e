/** Which events start a workflow (SEM-2, SEM-3). */
import { type EventFilter, eventFilters, type FilterOptions } from './event-filters.ts';
import type { EventFacts, Trigger, Workflow } from './model.ts';

export interface EventMatch {
  triggered: boolean;
  /** Which filter refused or which ones let the event pass, with their patterns and what they saw, in one sentence. */
  reason: string;
  /** What refused; `null` when nothing did, or when the file is too broken to tell. */
  filter: EventFilter | null;
  /** The filters that the event was tested with and passed, in that order. */
  passed: EventFilter[];
}

/** Whether the event starts the workflow. Says nothing about errors in the file (SEM-1.10). */
export function matchEvent(workflow: Workflow, event: EventFacts, options: FilterOptions = {}): EventMatch {
  const { triggers } = workflow;
  if (triggers === null) return refused(null, 'The file is too broken to tell which events start it.', []);
  // A `workflow_call` comes from another workflow's job, never from an event.
  const trigger = triggers.find((candidate) => candidate.event === event.name && event.name !== 'workflow_call');
  if (!trigger) return refused('event', `It does not run on ${event.name}${others(triggers)}.`, []);
  const passed: EventFilter[] = [];
  const sentences = [`It runs on ${event.name}`];
  for (const { filter, passes, sentence } of eventFilters(trigger, event, options)) {
    if (!passes) return refused(filter, `${sentence}.`, passed);
    passed.push(filter);
    sentences.push(sentence);
  }
  return { triggered: true, reason: `${sentences.join(', and ')}.`, filter: null, passed };
}

function refused(filter: EventFilter | null, reason: string, passed: EventFilter[]): EventMatch {
  return { triggered: false, reason, filter, passed };
}

function others(triggers: Trigger[]): string {
  const events = triggers.filter(({ event }) => event !== 'workflow_call').map(({ event }) => event);
  if (events.length > 0) return `, only on ${events.join(', ')}`;
  return triggers.length > 0 ? ', it is only called by other workflows' : ', only on nothing';
}
