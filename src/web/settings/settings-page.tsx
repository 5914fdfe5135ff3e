import type { ReactNode } from 'react';
import { SettingsTabs } from './tabs.tsx';

interface SettingsPageProps {
  title: string;
  /** How many of them there are, as soon as that is known. */
  count?: number;
  /** Beside the title: a filter, or what makes a new one. */
  head?: ReactNode;
  children: ReactNode;
}

/** A page among the settings, which leads to the others. */
export function SettingsPage({ title, count, head, children }: SettingsPageProps) {
  return (
    <div className="page">
      <SettingsTabs />
      <div className="page-head">
        <h1>
          {title}
          {count !== undefined && <span className="muted"> {count}</span>}
        </h1>
        {head}
      </div>
      {children}
    </div>
  );
}
