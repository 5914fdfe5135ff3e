import { CalendarIcon } from '@primer/octicons-react';
import { Link } from 'wouter';
import type { Schedule } from '../../protocol/dashboard/index.ts';
import { FirstItems } from '../components/first-items.tsx';
import { Countdown } from '../components/times.tsx';
import { eventsPath } from './events-path.ts';

/** The events that will come by themselves, the first to come first. */
export function Schedules({ schedules }: { schedules: readonly Schedule[] }) {
  if (schedules.length === 0) return null;
  return (
    <section className="schedules" aria-labelledby="schedules">
      <h2 id="schedules">
        Scheduled <span className="muted">{schedules.length}</span>
      </h2>
      <FirstItems items={schedules}>
        {(schedule) => (
          <li key={`${schedule.repository} ${schedule.path} ${schedule.cron}`} className="schedule">
            <CalendarIcon size={16} />
            <div>
              <p className="event-file">
                <code>{schedule.path}</code>
                <Link href={eventsPath(schedule.repository)} className="small">
                  {schedule.repository}
                </Link>
              </p>
              <p className="muted small">
                <code>{schedule.cron}</code> in {schedule.timezone ?? 'UTC'}
              </p>
            </div>
            <span className="schedule-next muted small">
              in <Countdown to={schedule.nextAt} />
            </span>
          </li>
        )}
      </FirstItems>
    </section>
  );
}
