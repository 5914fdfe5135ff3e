import { Link, useLocation } from 'wouter';
import { useServer } from '../api/queries.ts';
import { isOffline } from '../api/use-live.ts';
import { useValue } from '../api/value.ts';
import { Account } from './account.tsx';
import { ThemeToggle } from './theme-toggle.tsx';

const parts = [
  { path: '/', title: 'Runs' },
  { path: '/events', title: 'Events' },
  { path: '/runners', title: 'Runners' },
  { path: '/pools', title: 'Pools' },
  { path: '/settings', title: 'Settings' },
];

const isBelow = (location: string, path: string): boolean => location === path || location.startsWith(`${path}/`);

/** Runs and jobs belong to the first part, webhooks to the settings. */
function partOf(location: string): string {
  if (isBelow(location, '/hooks')) return '/settings';
  return parts.slice(1).find(({ path }) => isBelow(location, path))?.path ?? '/';
}

export function Header() {
  const [location] = useLocation();
  const { data: server } = useServer();
  return (
    <header className="header">
      <Link href="/" className="brand">
        <Logo />
        Switchyard
      </Link>
      <nav aria-label="Main">
        {parts.map(({ path, title }) => (
          <Link key={path} href={path} aria-current={path === partOf(location) ? 'page' : undefined}>
            {title}
          </Link>
        ))}
      </nav>
      <span className="header-end">
        <OfflineNotice />
        {server && <span className="version">{server.version}</span>}
        <Account />
        <ThemeToggle />
      </span>
    </header>
  );
}

function OfflineNotice() {
  const offline = useValue(isOffline);
  return (
    <span role="status" className="offline-place">
      {offline && <span className="offline">Offline, reconnecting…</span>}
    </span>
  );
}

/** Two tracks and a switch. */
function Logo() {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      aria-hidden="true"
    >
      <path d="M2 15h16M2 15c7 0 8-10 16-10" strokeLinecap="round" />
      <circle cx="6" cy="15" r="2" fill="currentColor" stroke="none" />
    </svg>
  );
}
