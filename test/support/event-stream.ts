import { waitFor } from './wait.ts';

/** Server-sent events as they come. */
export interface WatchedStream {
  /** What has come so far. */
  text(): string;
  until(matches: (text: string) => boolean): Promise<unknown>;
  /** Resolves when the server ends the stream. */
  ended: Promise<void>;
}

export async function eventStream(url: string, token: string): Promise<WatchedStream> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok || !response.body) throw new Error(`${url}: ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
    }
  };
  const ended = read();
  return { text: () => text, until: (matches) => waitFor('an event', () => matches(text)), ended };
}
