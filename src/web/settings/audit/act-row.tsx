import { memo } from 'react';
import { Link } from 'wouter';
import type { Act } from '../../../protocol/dashboard/index.ts';
import { RelativeTime } from '../../components/times.tsx';
import { auditPath } from './act-filter.ts';

/** One act: its words lead to others of the same kind. */
export const ActRow = memo(function ActRow({ act }: { act: Act }) {
  const { at, action, actor, tokenId, place, details, address, status } = act;
  const onlyBy = (part: Partial<Act>) => auditPath({ actor: '', action: '', place: '', ...part });
  return (
    <li className="setting">
      <div className="setting-main">
        <p className="setting-name">
          <Link href={onlyBy({ action })} className="strong" data-key-stop>
            {action}
          </Link>
          <span className={`label ${isDone(status) ? '' : 'act-refused'}`}>{answerOf(status)}</span>
        </p>
        <p className="row-facts muted">
          <RelativeTime at={at} /> · <Link href={onlyBy({ actor })}>{actor}</Link>
          {tokenId !== null && ` with token ${tokenId}`} from {address} ·{' '}
          {place === '*' ? 'the server' : <Link href={onlyBy({ place })}>{place}</Link>}
        </p>
        <code className="act-details">{detailsText(details)}</code>
      </div>
    </li>
  );
});

const isDone = (status: number | null): boolean => status !== null && status < 400;

/** In words: the number says little to most. */
function answerOf(status: number | null): string {
  if (status === null) return 'broken off';
  return isDone(status) ? 'done' : `refused ${status}`;
}

/** The place is said already. */
const ofPlace = ['owner', 'repo', 'org', 'enterprise'];

const detailsText = (details: Record<string, unknown>): string =>
  Object.entries(details)
    .filter(([name, value]) => !ofPlace.includes(name) && value !== '' && value !== null)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ');
