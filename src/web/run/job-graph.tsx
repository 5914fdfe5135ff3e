import { Button } from '@primer/react';
import { useRef, useState } from 'react';
import { Link } from 'wouter';
import type { Job } from '../../protocol/dashboard/index.ts';
import { StateIcon } from '../components/state-icon.tsx';
import { Duration } from '../components/times.tsx';
import { useListKeys } from '../components/use-list-keys.ts';
import { stateWord } from '../format/state.ts';
import { JobCard } from './job-card.tsx';
import { type JobItem, type JobNode, jobTree, type MatrixGroup, stateOfGroup } from './job-tree.ts';
import { jobPath } from './paths.ts';
import type { ShownRun } from './shown-run.ts';

/** The jobs of a run in columns: each right of what it needs, called ones inside their callers. */
export function JobGraph({ shown }: { shown: ShownRun }) {
  const graph = useRef<HTMLElement>(null);
  useListKeys(graph);
  const { jobs, errors } = shown.run;
  if (jobs.length === 0) return errors.length > 0 ? null : <p className="muted">This run has no jobs.</p>;
  return (
    <section ref={graph} aria-labelledby="jobs">
      <h2 id="jobs">
        Jobs <span className="muted">{jobs.filter(({ calls }) => calls === null).length}</span>
      </h2>
      <div className="stages">
        {jobTree(jobs).map((items) => (
          <ul key={keyOf(items[0])} className="stage">
            <Items shown={shown} items={items} />
          </ul>
        ))}
      </div>
    </section>
  );
}

/** The jobs that a job calls, one below the other. */
export function CalledJobs({ shown, node }: { shown: ShownRun; node: JobNode }) {
  if (node.children.length === 0) return null;
  return (
    <ul className="called" aria-label={`Jobs that ${node.name} calls`}>
      <Items shown={shown} items={node.children.flat()} />
    </ul>
  );
}

function Items({ shown, items }: { shown: ShownRun; items: readonly JobItem[] }) {
  return items.map((item) =>
    item.kind === 'matrix' ? (
      <MatrixCard key={keyOf(item)} shown={shown} group={item} />
    ) : (
      <JobCard key={keyOf(item)} shown={shown} job={item.job} name={item.name}>
        <CalledJobs shown={shown} node={item} />
      </JobCard>
    ),
  );
}

const keyOf = (item: JobItem | undefined): string =>
  item?.kind === 'matrix' ? `matrix ${item.key}` : `job ${item?.job.id}`;

/** A large matrix as one card: its jobs that need a look, and all of them when asked. */
function MatrixCard({ shown, group }: { shown: ShownRun; group: MatrixGroup }) {
  const [showsAll, setShowsAll] = useState(false);
  const jobs = group.nodes.map(({ job }) => job);
  const notable = group.nodes.filter(({ job }) => isNotable(job)).slice(0, notableAtMost);
  const listed = showsAll ? group.nodes : notable;
  return (
    <li className="job-card">
      <div className="job-card-head">
        <StateIcon of={stateOfGroup(jobs)} />
        <span className="job-name">{group.key}</span>
        <span className="muted">{jobs.length} jobs</span>
      </div>
      <p className="muted small">{countsText(jobs)}</p>
      {listed.length > 0 && (
        <ul className="matrix-jobs">
          {listed.map((node) => (
            <MatrixRow key={node.job.id} shown={shown} node={node} />
          ))}
        </ul>
      )}
      <Button size="small" variant="invisible" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
        {showsAll ? 'Show less' : `Show all ${jobs.length}`}
      </Button>
    </li>
  );
}

const notableAtMost = 5;

const isNotable = ({ status, conclusion }: Job): boolean =>
  status === 'in_progress' || (conclusion !== null && conclusion !== 'success' && conclusion !== 'skipped');

function MatrixRow({ shown, node }: { shown: ShownRun; node: JobNode }) {
  const { job, name } = node;
  return (
    <li>
      <div className="job-card-head">
        <StateIcon of={job} size={12} />
        <Link href={jobPath(job, shown.attempt)} className="matrix-job" title={job.reason ?? undefined} data-key-stop>
          {name}
        </Link>
        <span className="muted small">
          <Duration from={job.startedAt} to={job.completedAt} />
        </span>
      </div>
      <CalledJobs shown={shown} node={node} />
    </li>
  );
}

/** `3 failure, 1 in progress, 20 success`: what needs a look comes first. */
function countsText(jobs: readonly Job[]): string {
  const counts = new Map<string, number>();
  const sorted = jobs.toSorted((a, b) => Number(isNotable(b)) - Number(isNotable(a)));
  for (const job of sorted) counts.set(stateWord(job), (counts.get(stateWord(job)) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} ${word.toLowerCase()}`).join(', ');
}
