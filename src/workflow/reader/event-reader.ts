import type { ObjectReader } from '@actions/workflow-parser/templates/object-reader';
import type { LiteralToken, MappingToken, SequenceToken } from '@actions/workflow-parser/templates/tokens/index';
import type { YamlEvent } from './yaml-events.ts';

/** Hands events to GitHub's template reader one by one. */
export class EventReader implements ObjectReader {
  readonly #events: YamlEvent[];
  #next = 0;

  constructor(events: YamlEvent[]) {
    this.#events = events;
  }

  allowLiteral(): LiteralToken | undefined {
    const event = this.#take('literal');
    return event?.kind === 'literal' ? event.token : undefined;
  }

  allowSequenceStart(): SequenceToken | undefined {
    const event = this.#take('sequence-start');
    return event?.kind === 'sequence-start' ? event.token : undefined;
  }

  allowSequenceEnd(): boolean {
    return this.#take('sequence-end') !== undefined;
  }

  allowMappingStart(): MappingToken | undefined {
    const event = this.#take('mapping-start');
    return event?.kind === 'mapping-start' ? event.token : undefined;
  }

  allowMappingEnd(): boolean {
    return this.#take('mapping-end') !== undefined;
  }

  validateStart(): void {
    if (this.#next > 0) throw new Error('the events have been read already');
  }

  validateEnd(): void {
    if (this.#next < this.#events.length) throw new Error('events are left over');
  }

  #take(kind: YamlEvent['kind']): YamlEvent | undefined {
    const event = this.#events[this.#next];
    if (event?.kind !== kind) return undefined;
    this.#next++;
    return event;
  }
}
