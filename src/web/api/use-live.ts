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
}

/** Keeps one stream open while the page is shown, and the read data up to date. */
export function useLive({ run, job, onLog }: LiveOptions = {}): void {
  const client = useQueryClient();
  const logHandler = useRef(onLog);
  logHandler.current = onLog;
  useEffect(() => {
    const query = new URLSearchParams();
    if (run !== undefined) query.set('run', String(run));
    if (job !== undefined) query.set('job', String(job));
    const connection = connectLive(query.size > 0 ? `/events?${query}` : '/events', {
      onOpen() {
        isOffline.set(false);
        void client.invalidateQueries();
      },
      onEvent(event) {
        if (event.type === 'log') logHandler.current?.(event.value);
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
