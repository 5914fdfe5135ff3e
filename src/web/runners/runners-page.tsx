import { ServerIcon } from '@primer/octicons-react';
import { useId, useRef } from 'react';
import { Link } from 'wouter';
import type { Runner } from '../../protocol/dashboard/index.ts';
import { useRunners } from '../api/queries.ts';
import { useLive } from '../api/use-live.ts';
import { Labels } from '../components/labels.tsx';
import { Blank, Reading } from '../components/page-state.tsx';
import { RelativeTime } from '../components/times.tsx';
import { useListKeys } from '../components/use-list-keys.ts';
import { useTitle } from '../components/use-title.ts';
import { type RunnerGroup, runnerGroups } from './runner-groups.ts';
import { WallView } from './wall-view.tsx';

/** Every registered runner, what it may take and what it does. */
export function RunnersPage() {
  const read = useRunners();
  const { data } = read;
  useLive();
  useTitle('Runners');
  return (
    <div className="page">
      <div className="page-head">
        <h1>Runners {data && <span className="muted">{data.runners.length}</span>}</h1>
        {data && <p className="muted">{summary(data.runners)}</p>}
      </div>
      <Reading of={read} rows={4} height={72}>
        {({ runners }) => <RunnerList runners={runners} />}
      </Reading>
    </div>
  );
}

function summary(runners: readonly Runner[]): string {
  const counts = { busy: 0, idle: 0, offline: 0 };
  for (const { state } of runners) counts[state]++;
  return `${counts.busy} busy, ${counts.idle} idle, ${counts.offline} offline`;
}

function RunnerList({ runners }: { runners: readonly Runner[] }) {
  const list = useRef<HTMLDivElement>(null);
  useListKeys(list);
  if (runners.length === 0) return <NoRunners />;
  const groups = runnerGroups(runners);
  return (
    <div ref={list}>
      {groups.map((group) => (
        <Group key={group.name} group={group} isOnly={groups.length === 1} />
      ))}
    </div>
  );
}

function Group({ group, isOnly }: { group: RunnerGroup; isOnly: boolean }) {
  const heading = useId();
  const { name, wall, runners } = group;
  return (
    <section aria-labelledby={isOnly ? undefined : heading}>
      {!isOnly && (
        <h2 id={heading}>
          {name} <span className="muted">{runners.length}</span>
        </h2>
      )}
      <WallView wall={wall} whose={isOnly ? `The group ${name}` : 'This group'} />
      <ul className="list">
        {runners.map((runner) => (
          <RunnerRow key={runner.id} runner={runner} />
        ))}
      </ul>
    </section>
  );
}

function RunnerRow({ runner }: { runner: Runner }) {
  const { name, state, job, labels, scope, group, version, os, ephemeral, lastSeenAt, wall } = runner;
  return (
    <li className="row runner">
      <span className={`runner-state runner-${state}`}>{state}</span>
      <div className="row-main">
        <span className="strong runner-name" data-key-stop tabIndex={-1}>
          {name}
        </span>
        <Labels labels={labels} />
        <div className="row-facts muted">
          {scope.kind} {scope.name} · group {group} · {os} · {version} · {ephemeral ? 'ephemeral' : 'long-lived'}
        </div>
        <WallView wall={wall} />
      </div>
      <div className="runner-job">
        {job && (
          <>
            <Link href={`/runs/${job.runId}/jobs/${job.id}`}>{job.name}</Link>
            <span className="muted small"> {job.repository}</span>
          </>
        )}
        {lastSeenAt && (
          <span className="muted small">
            seen <RelativeTime at={lastSeenAt} />
          </span>
        )}
      </div>
    </li>
  );
}

function NoRunners() {
  return (
    <Blank icon={<ServerIcon size={24} />} title="No runner is registered">
      <p>Jobs wait until a runner with their labels is there. Start some from a file:</p>
      <pre className="command">switchyard apply -f examples/runners.yaml</pre>
    </Blank>
  );
}
