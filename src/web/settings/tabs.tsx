import { Link, useLocation } from 'wouter';

/** Those for everybody, then those for administrators of the server. */
const tabs = [
  { path: '/settings/tokens', title: 'Tokens' },
  { path: '/settings/secrets', title: 'Secrets and variables' },
  { path: '/settings/caches', title: 'Caches' },
  { path: '/settings/people', title: 'People' },
  { path: '/settings/apps', title: 'Apps' },
  { path: '/hooks', title: 'Webhooks' },
  { path: '/settings/audit', title: 'Audit log' },
];

/** All of them for everybody, so that nothing jumps once it is known who reads: a page says itself whom it is for. */
export function SettingsTabs() {
  const [location] = useLocation();
  return (
    <nav className="tabs" aria-label="Settings">
      {tabs.map(({ path, title }) => (
        <Link key={path} href={path} aria-current={location === path ? 'page' : undefined}>
          {title}
        </Link>
      ))}
    </nav>
  );
}
