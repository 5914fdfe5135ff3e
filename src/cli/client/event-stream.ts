import type { HttpClient } from './http.ts';

/** One server-sent event. */
export interface ServerSentEvent {
  event: string;
  data: string;
}

/**
 * Opens a stream of server-sent events. Resolves once the server has accepted it: what happens from then on is seen.
 * The returned iterable ends when the server closes it; aborting `signal` makes it throw.
 */
export async function openEventStream(
  client: HttpClient,
  path: string,
  signal: AbortSignal,
): Promise<AsyncIterable<ServerSentEvent>> {
  const response = await client.send(path, { headers: { accept: 'text/event-stream' }, signal });
  if (!response.body) throw new Error(`${path} answered without a body`);
  return parseEvents(response.body);
}

/** Splits a body into events as the HTML standard says ("9.2.6 Interpreting an event stream"), without retry and id. */
export async function* parseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).replaceAll('\r\n', '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event) yield event;
    }
  }
}

function parseBlock(block: string): ServerSentEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
  return data.length > 0 ? { event, data: data.join('\n') } : undefined;
}
