import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { LiveEvents } from '../../protocol/dashboard/index.ts';
import { applyEvent } from './apply-event.ts';
import { connectLive } from './live-connection.ts';
import { createValue } from './value.ts';

/** Whether the page's stream is broken; the shell shows a notice. */
export const isOffline = createValue(false);

interface LiveOptions {
  run?: number;
  job?: number;
  onLog?: (log: LiveEvents['log']) => void;
  /** The stream is there, the first time or again. */
  onOpen?: () => void;
}

/** Keeps one stream open while the page is shown, and the read data up to date. */
export function useLive({ run, job, onLog, onOpen }: LiveOptions = {}): void {
  const client = useQueryClient();
  const handlers = useRef({ onLog, onOpen });
  handlers.current = { onLog, onOpen };
  useEffect(() => {
    const query = new URLSearchParams();
    if (run !== undefined) query.set('run', String(run));
    if (job !== undefined) query.set('job', String(job));
    const connection = connectLive(query.size > 0 ? `/events?${query}` : '/events', {
      onOpen() {
        isOffline.set(false);
        handlers.current.onOpen?.();
        void client.invalidateQueries();
      },
      onEvent(event) {
        if (event.type === 'log') handlers.current.onLog?.(event.value);
        else applyEvent(client, event);
      },
      onOffline: () => isOffline.set(true),
    });
    return () => {
      connection.close();
      isOffline.set(false);
    };
  }, [client, run, job]);
}
