import { Link, useRoute } from 'wouter';
import { useServer } from '../api/queries.ts';
import { isOffline } from '../api/use-live.ts';
import { useValue } from '../api/value.ts';
import { ThemeToggle } from './theme-toggle.tsx';

export function Header() {
  const [isRunners] = useRoute('/runners');
  const { data: server } = useServer();
  return (
    <header className="header">
      <Link href="/" className="brand">
        <Logo />
        Switchyard
      </Link>
      <nav aria-label="Main">
        <Link href="/" aria-current={isRunners ? undefined : 'page'}>
          Runs
        </Link>
        <Link href="/runners" aria-current={isRunners ? 'page' : undefined}>
          Runners
        </Link>
      </nav>
      <span className="header-end">
        <OfflineNotice />
        {server && <span className="version">{server.version}</span>}
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
