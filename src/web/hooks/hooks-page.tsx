import { WebhookIcon } from '@primer/octicons-react';
import { Link } from 'wouter';
import type { Hook } from '../../protocol/dashboard/index.ts';
import { useHooks } from '../api/queries.ts';
import { useLive } from '../api/use-live.ts';
import { KeyList } from '../components/key-list.tsx';
import { Blank, Reading } from '../components/page-state.tsx';
import { RelativeTime } from '../components/times.tsx';
import { AdministratorsOnly } from '../settings/administrators-only.tsx';
import { SettingsPage } from '../settings/settings-page.tsx';
import { answerOf, eventOf, type HookState, hookState, placeOf } from './facts.ts';

/** Every hook of the server, whether its receiver takes what it is told, and how much waits for it. */
export function HooksPage() {
  return (
    <AdministratorsOnly title="Webhooks" what="which programs it tells of what happens">
      <Hooks />
    </AdministratorsOnly>
  );
}

function Hooks() {
  const read = useHooks();
  useLive();
  return (
    <SettingsPage title="Webhooks" count={read.data?.hooks.length}>
      <Reading of={read} rows={4} height={72}>
        {({ hooks }) => <HookList hooks={hooks} />}
      </Reading>
    </SettingsPage>
  );
}

function HookList({ hooks }: { hooks: readonly Hook[] }) {
  if (hooks.length === 0) return <NoHooks />;
  return (
    <KeyList>
      {hooks.map((hook) => (
        <HookRow key={hook.id} hook={hook} />
      ))}
    </KeyList>
  );
}

function HookRow({ hook }: { hook: Hook }) {
  const { id, url, events, waiting, lastDelivery } = hook;
  return (
    <li className="row hook">
      <HookBadge state={hookState(hook)} />
      <div className="row-main">
        <Link href={`/hooks/${id}`} className="row-title" data-key-stop>
          {url}
        </Link>
        <div className="row-facts muted">
          {placeOf(hook)} · {events.includes('*') ? 'every event' : events.join(', ')}
        </div>
      </div>
      <div className="hook-last">
        {lastDelivery ? (
          <>
            <span>{answerOf(lastDelivery)}</span>
            <span className="muted small">
              {eventOf(lastDelivery)} <RelativeTime at={lastDelivery.delivered_at} />
            </span>
          </>
        ) : (
          <span className="muted">Nothing was sent yet</span>
        )}
        {waiting > 0 && <span className="muted small">{waiting} waiting</span>}
      </div>
    </li>
  );
}

export function HookBadge({ state }: { state: HookState }) {
  return <span className={`hook-state hook-${state}`}>{state}</span>;
}

function NoHooks() {
  return (
    <Blank icon={<WebhookIcon size={24} />} title="No program is told of anything">
      <p>A webhook tells a program of yours when a job waits, a run ends or somebody pushes:</p>
      <pre className="command">switchyard hook add OWNER/NAME https://receiver.example/hook --event workflow_run</pre>
    </Blank>
  );
}
